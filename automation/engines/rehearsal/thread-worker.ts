import { parentPort } from "node:worker_threads";
import type { Answer, Call } from "./thread";
import { transported } from "./transport";

/** Runs what thread.ts asks for. */
parentPort?.on("message", (call: Call) => void run(call));

async function run({ id, module, function: name, args }: Call): Promise<void> {
    let answer: Answer;
    try {
        // oxlint-disable-next-line typescript/no-require-imports -- known at run time only
        const exported = require(module) as Record<string, (...given: readonly unknown[]) => unknown>;
        answer = { id, result: name === undefined ? undefined : await exported[name]?.(...args) };
    } catch (error) {
        answer = { id, error: transported(error) };
    }
    parentPort?.postMessage(answer);
}
