import { ExitCode, messageOf, UserError } from "../../lib/errors";
import { requireBackup } from "../backup/stores";
import { VeleroObjects } from "../backup/velero-access";
import type { Context, StackOptions } from "../context";
import { labChartPins } from "../lab-charts";
import type { readableSettings } from "../readable-settings";
import { requireStackOutputs } from "../stack-outputs";
import { runUp } from "../up";

/** A stack in a lab that has no backup gets one for the time of its drill: the real Velero, and a bucket in the lab's S3. */

type Settings = Awaited<ReturnType<typeof readableSettings>>;

/** Settings over those of the stack. */
const borrowed = {
    backup: {
        kind: "velero",
        location: { kind: "s3", bucket: "anchorage-drill", forceDestroy: true },
        validationFrequency: "5s",
    },
} as const;

/** Milliseconds that it may take to take it away again, after Ctrl-C too. */
const takeAwayWithin = 300_000;

/** Name of the lab of a stack that has to borrow one; undefined: it has its own, or is in no lab. */
export function borrowsIn({ backup, cluster }: Settings, { lab }: StackOptions): string | undefined {
    if (backup.kind !== "none") return undefined;
    return lab ?? (cluster.kind === "lab" ? cluster.name : undefined);
}

/** The context in which the stack has the backup. */
export function borrowing(context: Context): Context {
    return { ...context, selectEngine: (options, more) => context.selectEngine(options, { ...borrowed, ...more }) };
}

/** Brings the stack up with a backup, does the work, and brings it up as it was. */
export async function withBorrowedBackup(
    options: StackOptions,
    lab: string,
    context: Context,
    work: (context: Context) => Promise<void>,
): Promise<void> {
    const { reporter } = context;
    const inside = borrowing(context);
    await requireUp(options, context);
    reporter.line(`stack ${options.stack} has no backup: for the drill it gets Velero and a bucket in the lab's S3`);
    const charts = labChartPins(["velero"]);
    await reporter.step(`charts of lab ${lab}`, (update) => context.lab.charts(lab, charts, update));
    await reporter.step(`Velero of lab ${lab}`, (update) => context.lab.velero(lab, update));
    const failures: unknown[] = [];
    try {
        await runUp(await inside.selectEngine(options), inside);
        await work(inside);
    } catch (error) {
        failures.push(error);
    }
    try {
        await takeAway(options, inside, context);
    } catch (error) {
        failures.push(error);
    }
    const [first, second] = failures;
    if (first === undefined) return;
    if (second !== undefined) reporter.warn(`npx anchorage up --stack ${options.stack} takes the drill's backup away`);
    throw first instanceof Error ? first : new Error(messageOf(first));
}

async function takeAway(options: StackOptions, inside: Context, context: Context): Promise<void> {
    const signal = AbortSignal.timeout(takeAwayWithin);
    const outputs = await requireStackOutputs((await inside.selectEngine(options)).engine);
    if (outputs.backup !== undefined) {
        const door = { exec: context.exec, kubectl: await context.kubectl(outputs.cluster), signal };
        // Each has a finalizer, which only the server takes away, and the server goes with the release.
        const velero = new VeleroObjects(outputs, requireBackup(outputs).namespace, door);
        await velero.kubectl("delete the drill's restores", ["delete", "restores.velero.io", "--all", "--timeout=60s"]);
    }
    await runUp(await context.selectEngine(options), { ...context, signal });
}

/** @throws UserError (exit code 3) where there is no registry to be lost */
async function requireUp(options: StackOptions, context: Context): Promise<void> {
    const { engine } = await context.selectEngine(options);
    if ((await engine.resources()).length > 0) return;
    throw new UserError(`stack ${options.stack} is not up: there is nothing to lose`, {
        next: [options.stack === "lab" ? "npm start" : `npx anchorage up --stack ${options.stack}`],
        exitCode: ExitCode.refused,
    });
}
