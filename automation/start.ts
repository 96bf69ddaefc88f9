import { labStart } from "./lab-verbs";
import { announceEngine, machineResult } from "./preview";
import type { Context, EngineWish } from "./context";
import { preflight } from "./preflight";
import { printStack } from "./stack-summary";
import { startRehearsalLab } from "./rehearsal-lab";
import { runUp } from "./up";

export interface StartOptions {
    readonly engine: EngineWish;
    /** Name of the lab. */
    readonly lab: string;
}

/** The stack that lives in the lab. */
const stack = "lab";

/** From nothing to a registry's objects on a real API server: the lab, then the stack `lab`, then the summary. */
export async function start(options: StartOptions, context: Context): Promise<void> {
    await labStart({ name: options.lab }, context);
    await startRehearsalLab({ stack, engine: options.engine }, context);
    const selected = await context.selectEngine({ stack, engine: options.engine });
    announceEngine(selected, context.reporter);
    await preflight(selected, { stack, engine: options.engine }, context);
    const result = await runUp(selected, context);
    await printStack(selected, result, { stack }, context);
    context.reporter.event({ kind: "result", verb: "start", ...machineResult(selected, result) });
}
