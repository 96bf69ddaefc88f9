import type { Outputs } from "../../engine";
import { containsSecret, plain, type Values } from "./values";

/** A stack's outputs as the engine port gives them. */
export function shownOutputs(outputs: Values): Outputs {
    return Object.fromEntries(
        Object.entries(outputs).map(([key, value]) => [key, { value: plain(value), secret: containsSecret(value) }]),
    );
}
