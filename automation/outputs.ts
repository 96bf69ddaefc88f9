import { ExitCode, UserError } from "../lib/errors";
import type { Context, StackOptions } from "./context";
import { requireStack, stackFlags } from "./stack-files";

export interface OutputsOptions extends StackOptions {
    /** Print only this output's value. */
    readonly name?: string;
    /** Print the values of secret outputs instead of "[secret]". */
    readonly showSecrets: boolean;
}

/** Prints the outputs of the last update. */
export async function outputs(options: OutputsOptions, context: Context): Promise<void> {
    const { reporter } = context;
    await requireStack(context.projectRoot, options.stack);
    const { engine } = await context.selectEngine(options);
    const all = await engine.outputs();
    const names = Object.keys(all).sort();
    if (options.name !== undefined && !names.includes(options.name)) {
        throw new UserError(`stack ${options.stack} has no output ${JSON.stringify(options.name)}`, {
            details: [names.length === 0 ? "it has no outputs yet" : `outputs: ${names.join(", ")}`],
            next: names.length === 0 ? [`npx anchorage up${stackFlags(options)}`] : [],
            exitCode: ExitCode.usage,
        });
    }
    const shown = Object.fromEntries(
        Object.entries(all)
            .filter(([name]) => options.name === undefined || name === options.name)
            .map(([name, { value, secret }]) => [name, secret && !options.showSecrets ? "[secret]" : value]),
    );
    reporter.event({ kind: "result", verb: "outputs", stack: options.stack, outputs: shown });
    if (options.name !== undefined) {
        reporter.line(textOf(shown[options.name]));
        return;
    }
    if (names.length === 0) reporter.line(`stack ${options.stack} has no outputs yet: npx anchorage up`);
    const width = Math.max(0, ...names.map((name) => name.length));
    for (const name of names) reporter.line(`${name.padEnd(width)}  ${textOf(shown[name])}`);
}

function textOf(value: unknown): string {
    return typeof value === "string" ? value : JSON.stringify(value);
}
