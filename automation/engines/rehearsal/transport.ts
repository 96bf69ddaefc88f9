import { EngineFailure, type ResourceFailure } from "../../engine";
import { ExitCode, HeldError, messageOf, UserError } from "../../../lib/errors";

/** An error that crosses the boundary of a process or thread. */
export interface TransportedError {
    readonly type: "user" | "held" | "engine" | "defect";
    readonly message: string;
    readonly details: readonly string[];
    readonly next: readonly string[];
    readonly exitCode: ExitCode;
    readonly failures: readonly ResourceFailure[];
    readonly stack?: string;
}

export function transported(error: unknown): TransportedError {
    const common = { message: messageOf(error), details: [], next: [], exitCode: ExitCode.failed, failures: [] };
    if (error instanceof EngineFailure) {
        return { ...common, type: "engine", next: error.next, failures: error.failures };
    }
    // A program wraps it in Pulumi's RunError, so that the real engine shows it without a stack trace.
    const user = error instanceof Error && error.cause instanceof UserError ? error.cause : error;
    if (user instanceof UserError) {
        const { message, details, next, exitCode } = user;
        const type = user instanceof HeldError ? "held" : "user";
        return { ...common, type, message, details, next, exitCode };
    }
    // Errors that Pulumi's programs throw to be shown as they are.
    const isRunError = typeof error === "object" && error !== null && "__pulumiRunError" in error;
    if (isRunError) return { ...common, type: "user" };
    const stack = error instanceof Error ? error.stack : undefined;
    return { ...common, type: "defect", ...(stack === undefined ? {} : { stack }) };
}

export function received(error: TransportedError): Error {
    const { message, details, next, exitCode, failures, stack } = error;
    switch (error.type) {
        case "engine":
            return new EngineFailure(message, failures, { next });
        case "held":
            return new HeldError(message, { details, next, exitCode });
        case "user":
            return new UserError(message, { details, next, exitCode });
        case "defect": {
            const defect = new Error(message);
            if (stack !== undefined) defect.stack = stack;
            return defect;
        }
    }
}
