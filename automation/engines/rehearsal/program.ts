import * as pulumi from "@pulumi/pulumi";
import { messageOf } from "../../../lib/errors";
import type { Deployment } from "./deployment";
import { ResourceMonitor } from "./monitor";
import type { StackConfig } from "./project";
import type { Values } from "./values";

/**
 * Runs the Pulumi program in this process, with our monitor in the place of Pulumi's engine. Pulumi's runtime
 * is global to a process: this can be done once.
 * @throws what the program threw
 */
export async function runProgram(
    deployment: Deployment,
    config: StackConfig,
): Promise<{ registered: ReadonlySet<string>; outputs: Values | undefined }> {
    const { project, stack, projectRoot } = deployment.options;
    process.chdir(projectRoot); // as the CLI does: a program's relative paths begin there
    takeNoStackTraces();
    const monitor = new ResourceMonitor(deployment);
    pulumi.runtime.setAllConfig({ ...config.values });
    pulumi.runtime.setMockOptions(monitor, project, stack, deployment.preview, "organization");

    const errors: unknown[] = [];
    let ended = false;
    const collect = (error: unknown): void => {
        if (errors.includes(error)) return;
        // Not the program's any more: this process must not go on as if nothing had happened.
        if (ended) throw error;
        errors.push(error);
    };
    process.on("uncaughtException", collect);
    process.on("unhandledRejection", collect);
    try {
        await pulumi.runtime.runInPulumiStack(() => {
            // oxlint-disable-next-line typescript/no-require-imports -- the program is known at run time only
            return require(config.program) as Promise<Record<string, unknown>>;
        });
    } catch (error) {
        collect(error);
    }
    await pulumi.runtime.disconnect();
    // The SDK may reject a second promise with what the program threw, later than this: so who listens stays.
    ended = true;

    // The SDK wraps what a monitor refused in an error of its own; we have that one on record already.
    const told = (error: unknown): boolean =>
        deployment.failures.some(({ message }) => messageOf(error).includes(message));
    const own = errors.filter((error) => !told(error));
    if (deployment.failures.length > 0) {
        // What the program made of a failed resource is told as well; the failure itself is the error.
        for (const error of own) deployment.diagnose("error", messageOf(error));
    } else {
        if (own.length === 1) throw own[0];
        if (own.length > 1) throw new AggregateError(own, own.map(messageOf).join("\n"));
    }
    return { registered: monitor.registered, outputs: monitor.stackOutputs };
}

/**
 * The SDK takes a stack trace of each promise and two of each resource, and Node maps every line of them to our
 * sources: 0.3 s of an `up`, for what is shown by the leak detector of `PULUMI_DEBUG_PROMISE_LEAKS` and by Pulumi's
 * own service alone.
 */
function takeNoStackTraces(): void {
    if (process.env["PULUMI_DEBUG_PROMISE_LEAKS"] === undefined) {
        // oxlint-disable-next-line typescript/no-require-imports -- not among the exports that have types
        const debuggable = require("@pulumi/pulumi/runtime/debuggable") as {
            debuggablePromise: (promise: Promise<unknown>, context?: unknown) => Promise<unknown>;
        };
        const { debuggablePromise } = debuggable;
        debuggable.debuggablePromise = (promise, context) => {
            const { stackTraceLimit } = Error;
            Error.stackTraceLimit = 0;
            try {
                return debuggablePromise(promise, context);
            } finally {
                Error.stackTraceLimit = stackTraceLimit;
            }
        };
    }
    Object.defineProperty(pulumi.Resource, "callsites", { value: () => [] });
}
