/**
 * A release of a registry, as a pipeline runs it: a backup, the upgrade (each hop is rolled back if it fails), and the
 * smoke test. Ctrl-C ends it in order.
 *
 *     node --require ./bin/typescript.js examples/release.ts public 2.15.2
 */
import { backup, planUpgrade, upgrade, UserError, verify, type VerbRun } from "../automation";

async function follow(title: string, run: VerbRun): Promise<void> {
    console.log(title);
    for await (const event of run) {
        if (event.kind === "step" && event["phase"] !== "progress")
            console.log(`  ${String(event["phase"])}  ${String(event["title"])}`);
    }
    await run.result;
}

async function release(stack: string, to: string, signal: AbortSignal): Promise<void> {
    await follow("what is ahead", planUpgrade(stack, { to, signal }));
    await follow("backup", backup(stack, { signal }));
    await follow(`upgrade to ${to}`, upgrade(stack, { to, signal }));
    await follow("verify", verify(stack, { signal }));
}

const interrupt = new AbortController();
process.once("SIGINT", () => interrupt.abort(new Error("interrupted")));
const [stack, to] = process.argv.slice(2);
if (stack === undefined || to === undefined) {
    console.error("usage: node --require ./bin/typescript.js examples/release.ts <stack> <version of Harbor>");
    process.exitCode = 2;
} else {
    release(stack, to, interrupt.signal).catch((error: unknown) => {
        console.error(error instanceof UserError ? error.render() : error);
        process.exitCode = error instanceof UserError ? error.exitCode : 1;
    });
}
