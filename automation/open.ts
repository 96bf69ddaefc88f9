import { ExitCode, UserError } from "../lib/errors";
import { passwordCommand, portForwardArguments, simulatedPods } from "./cluster-access";
import type { Context, StackOptions } from "./context";
import { requireStackOutputs } from "./stack-outputs";
import { requireStack } from "./stack-files";

export interface OpenOptions extends StackOptions {
    /** Start the port-forward and keep it until Ctrl-C. */
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

    if (options.forward && inLab) {
        throw new UserError("there is nothing to forward to", {
            details: [simulatedPods],
            next: ["npx anchorage status shows the objects", "stack dev runs the real Harbor on KinD"],
            exitCode: ExitCode.refused,
        });
    }
    reporter.line(`registry  ${outputs.registryUrl}`);
    reporter.line(`forward   kubectl ${args.join(" ")}`);
    reporter.line(`login     ${outputs.admin.user}, password: ${passwordCommand(outputs)}`);
    if (inLab) reporter.line(reporter.style("dim", `          ${simulatedPods}`));
    reporter.event({
        kind: "result",
        verb: "open",
        stack: options.stack,
        registryUrl: outputs.registryUrl,
        forward: args,
    });
    if (!options.forward) return;

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
