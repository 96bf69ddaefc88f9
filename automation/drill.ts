import { randomBytes } from "node:crypto";
import path from "node:path";
import { ExitCode, UserError } from "../lib/errors";
import { anchorageHome } from "../lib/home";
import { backup } from "./backup";
import { onBackupGround, type BackupGround } from "./backup/ground";
import type { Context, StackOptions } from "./context";
import { borrowsIn, withBorrowedBackup } from "./drill/borrowed-backup";
import { nestedReporter, withNested, type NestedReporter } from "./drill/nested-reporter";
import { disasterSteps, type Drill } from "./drill/steps";
import { readableSettings } from "./readable-settings";
import { duration } from "./render/style";
import { writeReport } from "./report";
import { restore } from "./restore";
import { requireStack } from "./stack-files";
import { requireStackOutputs } from "./stack-outputs";
import { planLines, runSteps } from "./steps";
import { requireConsent } from "./up";

export interface DrillOptions extends StackOptions {
    readonly yes: boolean;
    /** Outside of a lab: the stack's own name, said once more. Everything that came after the drill's backup is lost. */
    readonly destroyRegistryOf?: string;
    /** Images that are pushed before. @default 20 */
    readonly images?: number;
    /** Only say what would be done. @default false */
    readonly plan?: boolean;
    /** Folder of the reports. @default reports in `.anchorage`, or of `ANCHORAGE_HOME` */
    readonly reports?: string;
}

/** Loses a whole registry and gets it back: how long that takes, and what is lost. */
export async function drillDisaster(options: DrillOptions, context: Context): Promise<void> {
    await requireStack(context.projectRoot, options.stack);
    if (options.plan !== true) requireConsent("drill disaster", options.yes, context);
    const lab = borrowsIn(await readableSettings(context.projectRoot, options.stack), options);
    if (lab === undefined) {
        await onBackupGround(options, context, (ground) => drill(ground, options, context));
        return;
    }
    const { engine } = await context.selectEngine(options);
    const outputs = await requireStackOutputs(engine);
    const { signal } = context;
    const door = { exec: context.exec, kubectl: await context.kubectl(outputs.cluster), signal };
    if (options.plan === true) {
        context.reporter.line(`stack ${options.stack} has no backup: it gets Velero and a bucket for the drill`);
        await drill({ outputs, door }, options, context);
        return;
    }
    if (!options.yes) await requireAnswer(outputs.namespace, context);
    await withBorrowedBackup(options, lab, context, (inside) =>
        onBackupGround(options, inside, (ground) => drill(ground, { ...options, yes: true }, inside)),
    );
}

async function drill(
    { outputs, door }: Pick<BackupGround, "outputs" | "door">,
    options: DrillOptions,
    context: Context,
): Promise<void> {
    const { reporter, signal } = context;
    const { stack } = options;
    requireWill(outputs.cluster.kind, options);
    if (!options.yes && options.plan !== true) await requireAnswer(outputs.namespace, context);
    const id = randomBytes(3).toString("hex");
    const set = `drill-${id}`;
    const nested: Record<string, NestedReporter> = {};
    const within = (verb: string, update: (detail: string) => void): Context => {
        const inner = nestedReporter(reporter, verb, update);
        nested[verb] = inner;
        return { ...context, reporter: inner.reporter };
    };
    const at = { stack, engine: options.engine, ...(options.lab === undefined ? {} : { lab: options.lab }) };
    const reports = options.reports === undefined ? {} : { reports: options.reports };
    const work: Drill = {
        outputs,
        door,
        project: `anchorage-drill-${id}`,
        set,
        images: options.images ?? 20,
        backup: (update) => backup({ ...at, ...reports, name: set, kind: "regular" }, within("backup", update)),
        restore: (update) => restore({ ...at, ...reports, from: set, yes: true }, within("restore", update)),
        changes: async () => {
            const { engine } = await context.selectEngine(options);
            const { changes } = await engine.preview({ signal });
            return changes.filter(({ op }) => op !== "same" && op !== "read").map(({ op, name }) => `${op} ${name}`);
        },
    };
    const { steps, findings } = disasterSteps(work);
    if (options.plan === true) {
        for (const line of planLines(steps)) reporter.line(line);
        const plan = steps.map(({ id: step, title, plan: text }) => ({ id: step, title, plan: text }));
        reporter.event({ kind: "result", verb: "drill disaster", stack, plan });
        return;
    }
    const beganAt = Date.now();
    const result = await runSteps(steps, { reporter, signal });
    const { recoveryMs, lost, restored } = findings;
    const facts = {
        backup: set,
        ...(recoveryMs === undefined ? {} : { "back after": duration(recoveryMs) }),
        ...(restored === undefined ? {} : { "images restored": `${String(restored)} of ${String(work.images)}` }),
        ...(lost === undefined ? {} : { lost: lost.length === 0 ? "nothing" : lost.join(", ") }),
    };
    const records = withNested(result.records, nested);
    const files = await writeReport(
        {
            verb: "drill",
            stack,
            subject: outputs.registryUrl,
            beganAt,
            endedAt: Date.now(),
            facts,
            result: { ...result, records },
        },
        options.reports ?? path.join(anchorageHome(), "reports"),
    );
    reporter.line(`report ${files.html}`);
    const recovered = result.error === undefined;
    reporter.event({
        kind: "result",
        verb: "drill disaster",
        stack,
        backup: set,
        recovered,
        ...findings,
        report: files,
    });
    // As it was thrown, by whatever step it was.
    // oxlint-disable-next-line typescript/only-throw-error -- unknown, as every thing that is caught
    if (result.error !== undefined) throw result.error;
    reporter.line(
        reporter.style("green", `the registry is back after ${duration(recoveryMs ?? 0)}; lost: ${facts.lost ?? ""}`),
    );
}

/** @throws UserError outside of a lab, unless the stack is named once more */
function requireWill(kind: string, { stack, destroyRegistryOf }: DrillOptions): void {
    if (kind === "lab" || destroyRegistryOf === stack) return;
    throw new UserError(`a drill deletes the registry of stack ${stack}, its database and its images`, {
        details: [
            "it is not in a lab",
            ...(destroyRegistryOf === undefined ? [] : [`--destroy-registry-of names ${destroyRegistryOf}`]),
        ],
        next: [
            `rehearse it: npx anchorage restore --rehearse --stack ${stack} --from <backup>`,
            `mean it: npx anchorage drill disaster --stack ${stack} --destroy-registry-of ${stack}`,
        ],
        exitCode: ExitCode.refused,
    });
}

async function requireAnswer(namespace: string, context: Context): Promise<void> {
    if (await context.confirm(`delete namespace ${namespace}, its database and its images, and restore them?`)) return;
    throw new UserError("not confirmed: nothing was touched", { exitCode: ExitCode.refused });
}
