import type { StackOutputs } from "../config/contract";
import { ExitCode, UserError } from "../lib/errors";
import {
    authorityCommand,
    dnsAdvice,
    passwordCommand,
    portForwardArguments,
    simulatedPods,
    labRegistry,
    standInNote,
} from "./cluster-access";
import type { Context, StackOptions } from "./context";
import { requireStackOutputs } from "./stack-outputs";
import { requireStack } from "./stack-files";

export interface OpenOptions extends StackOptions {
    /** Start the port-forward, where the registry needs one, and keep it until Ctrl-C. */
    readonly forward: boolean;
}

/** Prints how to reach the registry, or makes it reachable until Ctrl-C. */
export async function open(options: OpenOptions, context: Context): Promise<void> {
    const { reporter } = context;
    await requireStack(context.projectRoot, options.stack);
    const { engine } = await context.selectEngine(options);
    const outputs = await requireStackOutputs(engine);
    const args = portForwardArguments(outputs);
    const inLab = outputs.cluster.kind === "lab";

    if (options.forward && args === undefined) throw reachableWithout(outputs);
    if (options.forward && inLab) {
        throw new UserError("there is nothing to forward to", {
            details: [simulatedPods],
            next: ["npx anchorage status shows the objects", "stack dev runs the real Harbor on KinD"],
            exitCode: ExitCode.refused,
        });
    }
    const served = await labRegistry(outputs);
    for (const [label, text] of waysTo(outputs, served)) reporter.line(`${label.padEnd(9)} ${text}`);
    const note = served === undefined ? simulatedPods : standInNote(outputs);
    if (inLab) reporter.line(reporter.style("dim", `          ${note}`));
    reporter.event({
        kind: "result",
        verb: "open",
        stack: options.stack,
        registryUrl: served ?? outputs.registryUrl,
        ...(args === undefined ? {} : { forward: args }),
    });
    if (!options.forward || args === undefined) return;

    reporter.line("forwarding until Ctrl-C");
    try {
        await context.exec(await context.kubectl(outputs.cluster), args, {
            signal: context.signal,
            onLine: (line, stream) => {
                if (stream === "stderr") reporter.warn(line);
            },
        });
    } catch (error) {
        if (context.signal.aborted) return; // Ctrl-C is how it ends
        throw error;
    }
}

/**
 * The address, and what a client needs before it: a row each.
 * @param served where a lab serves it, on loopback and without a certificate
 */
function waysTo(outputs: StackOutputs, served: string | undefined): (readonly [label: string, text: string])[] {
    const login = ["login", `${outputs.admin.user}, password: ${passwordCommand(outputs)}`] as const;
    if (served !== undefined) return [["registry", served], login];
    const forward = portForwardArguments(outputs)?.join(" ");
    const rows: readonly (readonly [label: string, text: string | undefined])[] = [
        ["registry", outputs.registryUrl],
        ["forward", forward === undefined ? undefined : `kubectl ${forward}`],
        ["dns", dnsAdvice(outputs)],
        ["trust", authorityCommand(outputs)],
        login,
    ];
    return rows.flatMap(([label, text]) => (text === undefined ? [] : [[label, text] as const]));
}

function reachableWithout({ registryUrl, exposure }: StackOutputs): UserError {
    return new UserError("there is nothing to forward", {
        details: [`exposure.kind is "${exposure.kind}": clients reach the registry on ${registryUrl}`],
        next: ["npx anchorage open, without --forward, says how"],
        exitCode: ExitCode.refused,
    });
}
