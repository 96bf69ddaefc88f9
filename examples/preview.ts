/**
 * What a change of the settings would do to a stack, as a program of yours may ask: each resource that is touched, and
 * whether anything is.
 *
 *     node --require ./bin/typescript.js examples/preview.ts public
 *     node --require ./bin/typescript.js examples/preview.ts public rehearsal    # in the lab of that name
 */
import { preview, UserError, type VerbEvent } from "../automation";

interface Change {
    readonly op: string;
    readonly name: string;
}

async function main(stack: string, lab: string | undefined, signal: AbortSignal): Promise<void> {
    const warn = (event: VerbEvent): void => {
        if (event.kind === "diagnostic" && event["severity"] === "warning") console.error(event["message"]);
    };
    const run = preview(stack, { signal, onEvent: warn, ...(lab === undefined ? {} : { lab }) });
    const changes = ((await run.result)["changes"] as readonly Change[]).filter(({ op }) => op !== "same");
    for (const { op, name } of changes) console.log(`${op} ${name}`);
    console.log(`${stack}: ${String(changes.length)} to change`);
}

const interrupt = new AbortController();
process.once("SIGINT", () => interrupt.abort(new Error("interrupted")));
const [stack = "lab", lab] = process.argv.slice(2);
main(stack, lab, interrupt.signal).catch((error: unknown) => {
    console.error(error instanceof UserError ? error.render() : error);
    process.exitCode = error instanceof UserError ? error.exitCode : 1;
});
