import type { EngineEvent, EngineResult, StackSelection } from "../../engine";
import type { Verb } from "./deployment";
import type { TransportedError } from "./transport";

/** What the engine's process is asked to do. */
export interface OperationRequest {
    readonly kind: "run";
    readonly verb: Verb;
    readonly selection: StackSelection;
    /** Absolute path of the program; the project's own where it is absent. */
    readonly program?: string;
    /** Absolute folders of the policy packs that have to be kept. */
    readonly policyPacks?: readonly string[];
    readonly orRecord?: boolean;
}

/** From the engine to its process. */
export type ToChild = OperationRequest | { readonly kind: "stop" };

/** From the process to the engine. */
export type FromChild =
    | { readonly kind: "event"; readonly event: EngineEvent }
    | { readonly kind: "result"; readonly result: EngineResult }
    | { readonly kind: "error"; readonly error: TransportedError };
