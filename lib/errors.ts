/**
 * The two kinds of errors of the product, and the exit codes that they become.
 *
 * A {@link UserError} is something that the user can mend: it is printed as it is, without a stack
 * trace. Everything else is a defect of ours and is printed with one.
 */

/** Exit codes of every verb, as README documents them. */
export const ExitCode = {
    /** Everything asked for was done. */
    done: 0,
    /** Something that was tried failed. */
    failed: 1,
    /** Wrong use: unknown verb, bad flag, wrong settings. Nothing was touched. */
    usage: 2,
    /** A check refused to go on. Nothing was touched. */
    refused: 3,
    /** `preview --exit-code`: something would change, and nothing of it is dangerous. */
    changes: 4,
    /** `preview --exit-code`: data or keys are at stake, and no `--allow` names it. */
    dangerous: 5,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export interface UserErrorOptions {
    /** What to run or set next, one entry a line. */
    readonly next?: readonly string[];
    /** Every single mistake, where there is more than one. */
    readonly details?: readonly string[];
    /** @default ExitCode.failed */
    readonly exitCode?: ExitCode;
    readonly cause?: unknown;
}

/** What is wrong, which value, what to run next. Never shown with a stack trace. */
export class UserError extends Error {
    readonly details: readonly string[];
    readonly next: readonly string[];
    readonly exitCode: ExitCode;

    constructor(message: string, options: UserErrorOptions = {}) {
        super(message, { cause: options.cause });
        this.name = "UserError";
        this.details = options.details ?? [];
        this.next = options.next ?? [];
        this.exitCode = options.exitCode ?? ExitCode.failed;
    }

    /** The whole text as an operator reads it: message, each detail, what to do. */
    render(): string {
        return [
            this.message,
            ...this.details.map((detail) => `  - ${detail}`),
            ...this.next.map((step) => `  next: ${step}`),
        ].join("\n");
    }
}

/** Somebody else is at work on the same thing: nothing was touched, and the same may succeed a little later. */
export class HeldError extends UserError {
    constructor(message: string, options: UserErrorOptions = {}) {
        super(message, options);
        this.name = "HeldError";
    }
}

/** The same error with more said behind it. What is no {@link UserError} is a defect, and stays as it is. */
export function explained(error: unknown, details: readonly string[], next: readonly string[] = []): unknown {
    if (!(error instanceof UserError) || details.length + next.length === 0) return error;
    return new UserError(error.message, {
        details: [...error.details, ...details],
        next: [...error.next, ...next],
        exitCode: error.exitCode,
        cause: error,
    });
}

/** What came of a first error, in the place of it: its own words stand among the details. */
export function outcomeOf(message: string, error: unknown): UserError {
    const first = error instanceof UserError ? error : { message: String(error), details: [], next: [] };
    return new UserError(message, { details: [first.message, ...first.details], next: first.next, cause: error });
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
}

/** The `code` of a system error (`ENOENT`, `EADDRINUSE`, ...), or undefined. */
export function codeOf(error: unknown): string | undefined {
    if (typeof error === "object" && error !== null && "code" in error) {
        return typeof error.code === "string" ? error.code : undefined;
    }
    return undefined;
}
