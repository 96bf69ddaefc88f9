import { outputNames, type StackOutputs } from "../config/contract";
import { UserError } from "../lib/errors";
import type { Engine, Outputs } from "./engine";

/** The outputs as the contract names them, or undefined for a stack that was never brought up. */
export function readStackOutputs(outputs: Outputs): StackOutputs | undefined {
    if (Object.keys(outputs).length === 0) return undefined;
    const missing = outputNames.filter((name) => !(name in outputs));
    if (missing.length > 0) {
        throw new UserError(`the stack's outputs lack ${missing.join(", ")}`, {
            details: ["its last update failed, or was made by another version of the program"],
            next: ["npx anchorage up"],
        });
    }
    // The program's outputs are typed by the same contract (index.ts), so the cast only undoes the transport.
    return Object.fromEntries(
        Object.entries(outputs).map(([name, { value }]) => [name, value]),
    ) as unknown as StackOutputs;
}

/** The same; undefined also where the first update failed and left only some of them. */
export function completeStackOutputs(outputs: Outputs): StackOutputs | undefined {
    return outputNames.every((name) => name in outputs) ? readStackOutputs(outputs) : undefined;
}

/** @throws UserError for a stack that was never brought up */
export async function requireStackOutputs(engine: Engine): Promise<StackOutputs> {
    const outputs = readStackOutputs(await engine.outputs());
    if (outputs === undefined) {
        throw new UserError(`stack ${engine.stack} is not up`, { next: [`npx anchorage up --stack ${engine.stack}`] });
    }
    return outputs;
}
