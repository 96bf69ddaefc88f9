import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Engine, EngineOptions, EngineResult, ResourceState, StackSelection } from "../engine";
import { recordName } from "../engine";
import { UserError } from "../../lib/errors";
import { anchorageHome } from "../../lib/home";
import { withLock } from "../../lib/lock";
import type { Verb } from "./rehearsal/deployment";
import { shownOutputs } from "./rehearsal/outputs";
import { engineProcess, startEarly } from "./rehearsal/process";
import { readStackConfig } from "./rehearsal/project";
import type { FromChild, ToChild } from "./rehearsal/protocol";
import { recoverRehearsal } from "./rehearsal/recover";
import { State, stateFiles } from "./rehearsal/state";
import { received } from "./rehearsal/transport";

/** The release of the SDK whose runtime the engine runs. */
function sdkVersion(): string {
    // oxlint-disable-next-line typescript/no-require-imports -- read only when an engine is made
    return (require("@pulumi/pulumi/package.json") as { version: string }).version;
}

export interface RehearsalOptions {
    /** Absolute path of another program than the project's own; for tests. */
    readonly program?: string;
}

/**
 * The engine for the lab: runs the program through the SDK's own test runtime and does the work itself. It
 * refuses every cluster but a lab of this machine. Its records lie below `<home>/state/<project>/<stack>.json`.
 * Each operation runs in a process of its own; this one stays light.
 */
export function createRehearsalEngine(selection: StackSelection, options: RehearsalOptions = {}): Engine {
    const run = (verb: Verb, engineOptions?: EngineOptions): Promise<EngineResult> =>
        runInChild(verb, selection, options, engineOptions);
    const config = () => readStackConfig(selection, options.program);
    const openState = async (): Promise<State> =>
        State.open(anchorageHome(), (await config()).project, recordName(selection));
    return {
        name: "rehearsal",
        version: sdkVersion(),
        stack: selection.stack,
        preview: (engineOptions) => run("preview", engineOptions),
        up: (engineOptions) => run("up", engineOptions),
        refresh: (engineOptions) => run("refresh", engineOptions),
        destroy: (engineOptions) => run("destroy", engineOptions),
        unprotect: async () => {
            const { lock } = stateFiles(anchorageHome(), (await config()).project, recordName(selection));
            await withLock(lock, { purpose: `unprotect of stack ${selection.stack}` }, async () => {
                const state = await openState();
                if (!state.records.some((record) => record.protect)) return;
                state.records = state.records.map((record) => ({ ...record, protect: false }));
                await state.save();
            });
        },
        recover: async () => {
            const { lock } = stateFiles(anchorageHome(), (await config()).project, recordName(selection));
            return recoverRehearsal(lock, selection.stack, openState);
        },
        outputs: async () => shownOutputs((await openState()).outputs),
        config: async () => {
            const { values, encrypted } = await config();
            return { ...values, ...Object.fromEntries(encrypted.map((key) => [key, "[secret]"])) };
        },
        resources: async () =>
            parentsFirst((await openState()).records.filter((record) => record.condemned !== true)).map(stateOf),
    };
}

function parentsFirst(records: readonly ResourceState[]): ResourceState[] {
    const sorted = new Set<ResourceState>();
    const add = (record: ResourceState): void => {
        const parent = records.find(({ urn }) => urn === record.parent);
        if (parent && !sorted.has(parent)) add(parent);
        sorted.add(record);
    };
    records.forEach(add);
    return [...sorted];
}

function stateOf({ urn, type, name, parent, id, custom, protect }: ResourceState): ResourceState {
    return {
        urn,
        type,
        name,
        ...(parent === undefined ? {} : { parent }),
        ...(id === undefined ? {} : { id }),
        custom,
        protect,
    };
}

async function runInChild(
    verb: Verb,
    selection: StackSelection,
    { program }: RehearsalOptions,
    { onEvent, signal, policyPacks, orRecord, beforeUp = false }: EngineOptions = {},
): Promise<EngineResult> {
    signal?.throwIfAborted();
    const child = engineProcess(verb);
    if (beforeUp) startEarly();
    const tail: string[] = [];
    forwardLines(child, (line, stream) => {
        tail.push(line);
        if (tail.length > 20) tail.shift();
        onEvent?.({ kind: "diagnostic", severity: stream === "stdout" ? "info" : "warning", message: line });
    });
    const stop = (): void => tell(child, { kind: "stop" });
    signal?.addEventListener("abort", stop);
    try {
        return await new Promise<EngineResult>((resolve, reject) => {
            child.on("message", (message: FromChild) => {
                if (message.kind === "event") onEvent?.(message.event);
                else if (message.kind === "result") resolve(message.result);
                else reject(received(message.error));
            });
            child.on("error", reject);
            child.on("close", (code, name) => {
                const how = name === null ? `with code ${String(code)}` : `by ${name}`;
                reject(
                    new UserError(`the process of the rehearsal engine ended ${how} in the middle of ${verb}`, {
                        details: tail,
                        next: ["run the same again: what was done is on record, and it goes on from there"],
                    }),
                );
            });
            tell(child, {
                kind: "run",
                verb,
                selection,
                ...(program === undefined ? {} : { program }),
                ...(policyPacks === undefined ? {} : { policyPacks }),
                ...(orRecord === undefined ? {} : { orRecord }),
            });
        });
    } finally {
        signal?.removeEventListener("abort", stop);
    }
}

function tell(child: ChildProcess, message: ToChild): void {
    if (child.connected) child.send(message);
}

function forwardLines(child: ChildProcess, onLine: (line: string, stream: "stdout" | "stderr") => void): void {
    for (const stream of ["stdout", "stderr"] as const) {
        const input = child[stream];
        if (input) createInterface({ input }).on("line", (line) => onLine(line, stream));
    }
}
