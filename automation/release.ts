import path from "node:path";
import { anchorageHome } from "../lib/home";
import type { Context } from "./context";
import { withNested } from "./drill/nested-reporter";
import type { NestedVerbs } from "./release/access";
import { RealDoors } from "./release/doors";
import { driveRelease } from "./release/drive";
import { describeAhead, type Findings } from "./release/steps";
import type { PreflightOptions } from "./preflight";
import { writeReport } from "./report";
import { requireStack, stackFlags } from "./stack-files";
import { completeStackOutputs } from "./stack-outputs";
import { requireConsent } from "./up";

export interface ReleaseOptions extends PreflightOptions {
    readonly yes: boolean;
    /** Dangers that are wanted, by their ids in the report of a preview. @default none */
    readonly allow?: readonly string[];
    /** Seconds that the registry has to get ready. @default 900 */
    readonly wait?: number;
    /** Folder of the reports. @default reports in `.anchorage`, or of `ANCHORAGE_HOME` */
    readonly report?: string;
    /** Whether what does not pass its checks is put back at once. @default true */
    readonly autoRollback?: boolean;
}

/** Seconds that another command on the stack is waited for. */
const defaultLockTimeout = 600;

/**
 * `anchorage release`: what a pipeline does with a change of a stack's settings. A backup, the settings, an upgrade where
 * they say a newer Harbor, verified; what fails is put back. A run that was killed is completed by the next one.
 */
export async function release(options: ReleaseOptions, context: Context): Promise<void> {
    const { reporter } = context;
    const lost = new AbortController();
    const signal = AbortSignal.any([context.signal, lost.signal]);
    const { stack, wait = 900, lockTimeout = defaultLockTimeout, allow = [] } = options;
    await requireStack(context.projectRoot, stack);
    requireConsent("release", options.yes, context);
    const reports = path.resolve(options.report ?? path.join(anchorageHome(), "reports"));
    const nested: NestedVerbs = {};
    const findings: Findings = {};
    const { autoRollback = true, acceptEngineChange = false } = options;
    const ground = {
        options: { ...options, allow, lockTimeout, acceptEngineChange, autoRollback },
        waitMs: wait * 1000,
        reports,
    };
    const beganAt = Date.now();
    const doors = new RealDoors(ground, { ...context, signal }, nested, (reason) => {
        lost.abort(reason);
    });
    const drive = { reporter, signal, autoRollback, flags: stackFlags(options) };
    let driven: Awaited<ReturnType<typeof driveRelease>>;
    try {
        driven = await driveRelease(doors, findings, drive);
    } finally {
        await doors.close();
    }
    const { error, ...result } = driven;
    const { engine } = await context.selectEngine(options);
    // A report that cannot be complete must not hide why the release failed.
    const outputs = await engine.outputs().then(completeStackOutputs, (cause: unknown) => {
        if (error === undefined) throw cause;
        return undefined;
    });
    const { ahead, backup } = findings;
    const files = await writeReport(
        {
            verb: "release",
            stack,
            subject: outputs?.registryUrl ?? "nothing is installed",
            beganAt,
            endedAt: Date.now(),
            facts: {
                ...(ahead === undefined ? {} : { change: describeAhead(ahead) }),
                ...(outputs === undefined ? {} : { "installed now": `Harbor ${outputs.release.harborVersion}` }),
                ...(backup === undefined ? {} : { backup }),
            },
            result: {
                ...result,
                records: withNested(result.records, nested),
                ...(error === undefined ? {} : { error }),
            },
        },
        reports,
    );
    reporter.line(`report ${files.html}`);
    const harbor = outputs?.release.harborVersion;
    const steps = result.records.map(({ id, title, state, detail, elapsedMs }) => ({
        id,
        title,
        state,
        detail,
        elapsedMs,
    }));
    const released = error === undefined;
    reporter.event({ kind: "result", verb: "release", stack, released, ...findings, harbor, steps, report: files });
    // As it was thrown, by whatever step it was.
    // oxlint-disable-next-line typescript/only-throw-error -- unknown, as every thing that is caught
    if (!released) throw error;
    reporter.line(reporter.style("green", `released: ${ahead === undefined ? stack : describeAhead(ahead)}, verified`));
}
