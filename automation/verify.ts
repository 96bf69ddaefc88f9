import { randomBytes } from "node:crypto";
import path from "node:path";
import type { StackOutputs } from "../config/contract";
import { openHarbor } from "../harbor/client/client";
import { smallImage } from "../harbor/registry/image";
import { RegistryClient } from "../harbor/registry/registry-client";
import { ExitCode, UserError } from "../lib/errors";
import { anchorageHome } from "../lib/home";
import { labCommand } from "../lib/lab-commands";
import { readLabEndpoints } from "../lib/lab-endpoints";
import type { Context, StackOptions } from "./context";
import { writeReport } from "./report";
import { requireStack } from "./stack-files";
import { requireStackOutputs } from "./stack-outputs";
import { planLines, runSteps, type Step, type StepsResult } from "./steps";
import { entrySteps } from "./verify/entry-steps";
import { forwardStep } from "./verify/forward-step";
import { limitSteps } from "./verify/limit-steps";
import { registrySteps } from "./verify/registry-steps";
import { scanSteps } from "./verify/scan-steps";
import { readTarget, type Target } from "./verify/target";
import { trustSteps } from "./verify/trust-steps";
import { projectPrefix, type Verification } from "./verify/verification";

export interface VerifyOptions extends StackOptions {
    /** Only say what would be done. @default false */
    readonly plan?: boolean;
    /** Folder of the reports. @default reports in `.anchorage`, or of `ANCHORAGE_HOME` */
    readonly reports?: string;
}

/** Whether an installation works: each way through it once, and everything that was made for it deleted again. */
export async function verify(options: VerifyOptions, context: Context): Promise<void> {
    const { reporter, signal } = context;
    await requireStack(context.projectRoot, options.stack);
    const { engine } = await context.selectEngine(options);
    const outputs = await requireStackOutputs(engine);
    const door = { exec: context.exec, env: context.env, kubectl: await context.kubectl(outputs.cluster), signal };
    const target = await readTarget(outputs, door, await standInOf(outputs));
    if (options.plan === true) {
        const { verification, close } = prepare(target, door, patience);
        const steps = verifySteps(verification);
        for (const line of planLines(steps)) reporter.line(line);
        const plan = steps.map(({ id, title, plan: text }) => ({ id, title, plan: text }));
        reporter.event({ kind: "result", verb: "verify", stack: options.stack, plan });
        return close();
    }
    const beganAt = Date.now();
    const result = await verifyTarget(target, door, context);
    const files = await writeReport(
        {
            verb: "verify",
            stack: options.stack,
            subject: target.url,
            beganAt,
            endedAt: Date.now(),
            facts: { harbor: outputs.release.harborVersion, chart: outputs.release.chartVersion },
            result,
        },
        options.reports ?? path.join(anchorageHome(), "reports"),
    );
    reporter.line(`report ${files.html}`);
    const steps = result.records.map(({ id, title, kind, state, detail, elapsedMs }) => ({
        id,
        title,
        kind,
        state,
        detail,
        elapsedMs,
    }));
    reporter.event({
        kind: "result",
        verb: "verify",
        stack: options.stack,
        works: result.error === undefined,
        steps,
        report: files,
    });
    // As it was thrown, by whatever step it was.
    // oxlint-disable-next-line typescript/only-throw-error -- unknown, as every thing that is caught
    if (result.error !== undefined) throw result.error;
    const skipped = result.records.filter(({ state }) => state === "skipped").length;
    const left = skipped === 0 ? "" : `; ${String(skipped)} checks were skipped, each with its reason above`;
    reporter.line(reporter.style("green", `the registry on ${target.url} works${left}`));
}

/** Times that a verification gives what happens in the background. Tests are less patient. */
export interface Patience {
    readonly scanTimeoutMs: number;
    readonly trustTimeoutMs: number;
    /** Milliseconds for one request. */
    readonly requestTimeoutMs: number;
}

const patience: Patience = { scanTimeoutMs: 300_000, trustTimeoutMs: 10_000, requestTimeoutMs: 30_000 };

/** All steps on one target; never throws what a step throws. */
export async function verifyTarget(
    target: Target,
    door: Verification["door"],
    { reporter, signal }: Pick<Context, "reporter" | "signal">,
    times: Patience = patience,
): Promise<StepsResult> {
    const { verification, close } = prepare(target, door, times);
    try {
        return await runSteps(verifySteps(verification), { reporter, signal });
    } finally {
        await close();
    }
}

/** Opens no connection yet. */
function prepare(
    target: Target,
    door: Verification["door"],
    times: Patience,
): { readonly verification: Verification; readonly close: () => Promise<void> } {
    const { url, user, password, ca } = target;
    const at = { url, user, password, requestTimeoutMs: times.requestTimeoutMs, ...(ca === undefined ? {} : { ca }) };
    const { client, close } = openHarbor(at);
    const registry = new RegistryClient({ ...at, signal: door.signal });
    const suffix = randomBytes(4).toString("hex");
    const verification: Verification = {
        target,
        harbor: client,
        registry,
        door,
        project: `${projectPrefix}${suffix}`,
        repository: "smoke/image",
        tag: "v1",
        image: smallImage(`anchorage verify ${suffix}\n`),
        scanTimeoutMs: times.scanTimeoutMs,
        trustTimeoutMs: times.trustTimeoutMs,
    };
    return {
        verification,
        close: async () => {
            await Promise.all([close(), registry.close()]);
        },
    };
}

export function verifySteps(verification: Verification): Step[] {
    return [
        ...forwardStep(verification),
        ...entrySteps(verification),
        ...registrySteps(verification),
        ...scanSteps(verification),
        ...trustSteps(verification),
        ...limitSteps(verification),
    ];
}

/** The lab's stand-in for Harbor's core, where the stack is in a lab. */
async function standInOf({ cluster }: StackOutputs): Promise<{ readonly url: string } | undefined> {
    if (cluster.kind !== "lab") return undefined;
    const { harbor } = await readLabEndpoints(cluster.name);
    if (harbor !== undefined) return harbor;
    throw new UserError(`there is no registry in lab ${cluster.name}`, {
        details: ["its pods are simulated, and no stand-in for Harbor runs beside them"],
        next: [labCommand("start", cluster.name)],
        exitCode: ExitCode.refused,
    });
}
