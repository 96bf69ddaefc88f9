import type { EngineEvent, EngineResult, ResourceFailure, StackSelection } from "../../engine";
import type { ExitCode } from "../../../lib/errors";
import type { Verb } from "./deployment";

/** What the engine's process is asked to do. */
export interface OperationRequest {
    readonly kind: "run";
    readonly verb: Verb;
    readonly selection: StackSelection;
    /** Absolute path of the program; the project's own where it is absent. */
    readonly program?: string;
}

/** From the engine to its process. */
export type ToChild = OperationRequest | { readonly kind: "stop" };

/** From the process to the engine. */
export type FromChild =
    | { readonly kind: "event"; readonly event: EngineEvent }
    | { readonly kind: "result"; readonly result: EngineResult }
    | { readonly kind: "error"; readonly error: TransportedError };

/** An error that crosses a process boundary. */
export interface TransportedError {
    readonly type: "user" | "engine" | "defect";
    readonly message: string;
    readonly details: readonly string[];
    readonly next: readonly string[];
    readonly exitCode: ExitCode;
    readonly failures: readonly ResourceFailure[];
    readonly stack?: string;
}
