import { recordName, type EngineEvent, type EngineResult, type Operation, type StackSelection } from "../../engine";
import { exec } from "../../../lib/exec";
import { anchorageHome } from "../../../lib/home";
import { withLock } from "../../../lib/lock";
import { Deployment, type Verb } from "./deployment";
import { loadCertificates } from "./kinds/tls/in-thread";
import { shownOutputs } from "./outputs";
import { readStackConfig, requireReadable, type StackConfig } from "./project";
import { PolicyCheck } from "./policy-check";
import { refresh } from "./refresh";
import { State, stateFiles } from "./state";
import { refuseProtected, tearDown } from "./teardown";
import { containsUnknown, type Values } from "./values";

export interface OperationOptions {
    readonly verb: Verb;
    readonly selection: StackSelection;
    readonly program?: string | undefined;
    readonly policyPacks?: readonly string[] | undefined;
    /** As in EngineOptions. */
    readonly orRecord?: boolean | undefined;
    readonly onEvent: (event: EngineEvent) => void;
    /** Aborted: no new operation begins. */
    readonly signal: AbortSignal;
    /** Aborted: nothing is waited for any longer. */
    readonly hurry: AbortSignal;
}

/** One operation on a stack, from its files to its result. All but a preview hold the stack's lock. */
export async function runOperation(options: OperationOptions): Promise<EngineResult> {
    const started = performance.now();
    const { verb, selection } = options;
    const config = await readStackConfig(selection, options.program);
    requireReadable(config, selection.stack);
    const run = async (): Promise<Deployment> => {
        const state = await State.open(anchorageHome(), config.project, recordName(selection));
        const policies = await policyCheck(options);
        const deployment = new Deployment({
            verb,
            project: config.project,
            stack: selection.stack,
            projectRoot: selection.projectRoot,
            config: config.values,
            state,
            exec,
            onEvent: options.onEvent,
            signal: options.signal,
            hurry: options.hurry,
            policies,
            orRecord: verb === "preview" && (options.orRecord ?? false),
        });
        try {
            await perform(deployment, config);
        } finally {
            policies?.close();
        }
        return deployment;
    };
    const { lock } = stateFiles(anchorageHome(), config.project, recordName(selection));
    const deployment =
        verb === "preview"
            ? await run()
            : await withLock(lock, { purpose: `${verb} of stack ${selection.stack}` }, run);
    deployment.assertDone();
    return {
        changes: deployment.changes,
        summary: summaryOf(deployment),
        outputs: shownOutputs(deployment.state.outputs),
        durationMs: performance.now() - started,
    };
}

async function policyCheck(options: OperationOptions): Promise<PolicyCheck | undefined> {
    const { verb, selection, policyPacks = [], onEvent } = options;
    if (policyPacks.length === 0) return undefined;
    // oxlint-disable-next-line typescript/no-require-imports -- a process and a protocol that few updates need
    const { PolicyPacks } = require("./policies") as typeof import("./policies");
    return new PolicyCheck(await PolicyPacks.start(policyPacks), {
        preview: verb === "preview",
        stack: selection.stack,
        tell: ({ level, sentence, urn }) =>
            onEvent({
                kind: "diagnostic",
                severity: level === "mandatory" ? "error" : "warning",
                message: `policy ${sentence}`,
                ...(urn === "" ? {} : { urn }),
            }),
    });
}

async function perform(deployment: Deployment, config: StackConfig): Promise<void> {
    const { state } = deployment;
    switch (deployment.options.verb) {
        case "refresh":
            return refresh(deployment);
        case "destroy": {
            refuseProtected(state.records, deployment.options.stack);
            await tearDown(deployment, state.records);
            if (deployment.failures.length === 0 && !deployment.stopped) state.outputs = {};
            return state.save();
        }
        case "preview":
        case "up": {
            // Pulumi's SDK takes a second to load, and a refresh or a destroy does without it.
            // oxlint-disable-next-line typescript/no-require-imports -- see CONTRIBUTING: lazy loading
            const { runProgram } = require("./program") as typeof import("./program");
            const before = new Set(state.records);
            // A stack's first update makes its certificates, and a core is idle until its program has begun.
            if (before.size === 0 && !deployment.preview) loadCertificates();
            const { registered, outputs } = await runProgram(deployment, config);
            if (deployment.failures.length === 0 && !deployment.stopped) await deployment.options.policies?.stack();
            // What left the program goes last, and only when all else is well: a failure may have hidden it.
            if (deployment.failures.length === 0 && !deployment.stopped) {
                const left = state.records.filter(
                    (record) => record.condemned === true || (before.has(record) && !registered.has(record.urn)),
                );
                await tearDown(deployment, left);
            }
            if (outputs) state.outputs = mergedOutputs(state.outputs, outputs, deployment.failures.length > 0);
            return deployment.preview ? undefined : state.save();
        }
    }
}

/** Unknown outputs are left out; after a failure they stay as they were. */
function mergedOutputs(before: Values, after: Values, failed: boolean): Values {
    const known = Object.entries(after).filter(([, value]) => !containsUnknown(value));
    return { ...(failed ? before : {}), ...Object.fromEntries(known) };
}

function summaryOf(deployment: Deployment): Partial<Record<Operation, number>> {
    const summary: Partial<Record<Operation, number>> = {};
    for (const { op } of deployment.changes) summary[op] = (summary[op] ?? 0) + 1;
    return summary;
}
