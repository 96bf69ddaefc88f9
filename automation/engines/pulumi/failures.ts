import { EngineFailure } from "../../engine";
import { ExitCode, HeldError, UserError } from "../../../lib/errors";
import { outputOfFailure } from "./pulumi-command";
import type { UpdateRecorder } from "./update-recorder";

/* oxlint-disable typescript/no-require-imports -- lazy: loaded only when something has failed; see pulumi-command.ts */

export interface FailureContext {
    readonly stack: string;
    /** Before a `pulumi` that the user is told to type: the backend's variables, or nothing. */
    readonly prefix: string;
    /** What the update said while it ran; absent for a command that is no update. */
    readonly recorder?: UpdateRecorder;
}

/** Texts of the CLI that have no class of their own, and what to say instead. */
const known: readonly [pattern: RegExp, explain: (context: FailureContext, match: RegExpExecArray) => UserError][] = [
    [
        /passphrase must be set with PULUMI_CONFIG_PASSPHRASE/,
        ({ stack }) =>
            new UserError(`the secrets of stack ${stack} are encrypted with a passphrase, and none is given`, {
                next: ["set PULUMI_CONFIG_PASSPHRASE_FILE to a file that holds it, or PULUMI_CONFIG_PASSPHRASE"],
                exitCode: ExitCode.usage,
            }),
    ],
    [
        /incorrect passphrase/,
        ({ stack }) =>
            new UserError(`the passphrase that is given does not decrypt the secrets of stack ${stack}`, {
                next: ["set PULUMI_CONFIG_PASSPHRASE_FILE or PULUMI_CONFIG_PASSPHRASE to the one that made it"],
                exitCode: ExitCode.usage,
            }),
    ],
    [
        /no (?:resource )?plugin '?pulumi-(?:resource|language)-(\S+?)'? |(?:could not download|failed to install|downloading) plugin|could not (?:find|load) (?:latest version for provider|plugin)/,
        (_context, match) =>
            new UserError(
                match[1] === undefined
                    ? "the pulumi CLI cannot get a provider plugin that the program needs"
                    : `the pulumi CLI has no plugin ${match[1]}, and cannot get it`,
                {
                    details: [firstLineWith(match)],
                    next: ["pulumi install   # with a network", "for a lab: --engine rehearsal needs no plugins"],
                },
            ),
    ],
];

/** The error that a user is shown for whatever the Automation API threw. What is no failure of the CLI stays as it is. */
export function explainFailure(error: unknown, context: FailureContext): unknown {
    const said = outputOfFailure(error);
    if (said === undefined) return error;
    const automation = require("@pulumi/pulumi/automation/errors") as typeof import("@pulumi/pulumi/automation/errors");
    const { stack, prefix, recorder } = context;
    if (error instanceof automation.ConcurrentUpdateError) return heldBySomebody(said.stderr, context, error);
    if (error instanceof automation.StackNotFoundError) {
        return new UserError(`stack ${stack} does not exist yet`, {
            next: [`npx anchorage up --stack ${stack}`],
            cause: error,
        });
    }
    const broken = recorder?.brokenPolicies ?? [];
    if (broken.length > 0) {
        const count = broken.length === 1 ? "a mandatory policy" : `${String(broken.length)} mandatory policies`;
        return new UserError(`stack ${stack} breaks ${count}`, {
            details: broken,
            next: ["change the settings as each one says, and preview again"],
            exitCode: ExitCode.refused,
            cause: error,
        });
    }
    const failures = recorder?.failures ?? [];
    const text = [said.stderr, said.stdout, ...(recorder?.programErrors ?? []), ...failures.map((f) => f.message)].join(
        "\n",
    );
    for (const [pattern, explain] of known) {
        const match = pattern.exec(text);
        if (match) return withCause(explain(context, match), error);
    }
    if (failures.length > 0) {
        const n = failures.length;
        return new EngineFailure(`${String(n)} resource${n === 1 ? "" : "s"} of stack ${stack} failed`, failures, {
            next: ["mend what is named above, then run the same command again"],
            cause: error,
        });
    }
    const programErrors = recorder?.programErrors ?? [];
    const [only] = programErrors;
    const refusal = only === undefined || programErrors.length > 1 ? undefined : readRefusal(only);
    if (refusal) return withCause(refusal, error);
    return new UserError(`the pulumi CLI failed on stack ${stack}`, {
        details: programErrors.length > 0 ? programErrors : lastLines(said.stderr.trim() || said.stdout),
        next: [`see it in full: ${prefix}pulumi preview --stack ${stack}`],
        cause: error,
    });
}

/**
 * What the program refused, from the text of its UserError: wrong settings, a lab that does not run. It comes
 * through the CLI as a message.
 */
export function readRefusal(text: string): UserError | undefined {
    const [message = "", ...lines] = text.split("\n");
    const marked = (mark: string): string[] =>
        lines.filter((line) => line.startsWith(mark)).map((line) => line.slice(mark.length));
    const [details, next] = [marked("  - "), marked("  next: ")];
    if (next.length === 0 || details.length + next.length < lines.length) return undefined;
    return new UserError(message, { details, next, exitCode: ExitCode.usage });
}

/** A file backend names the holder (pulumi/pulumi pkg/backend/diy/lock.go), Pulumi Cloud does not. */
function heldBySomebody(stderr: string, { stack, prefix }: FailureContext, cause: Error): HeldError {
    const holders = [...stderr.matchAll(/created by (\S+) \(pid (\d+)\) at (\S+)/g)].map(
        ([, who = "", pid = "", since = ""]) => `${who}, process ${pid}, since ${since}`,
    );
    const who = holders.length === 0 ? "" : `: ${holders.join("; ")}`;
    return new HeldError(`another update of stack ${stack} is running${who}`, {
        next: ["wait until it ends", `if it is dead, release its lock: ${prefix}pulumi cancel --yes --stack ${stack}`],
        exitCode: ExitCode.refused,
        cause,
    });
}

function withCause(error: UserError, cause: unknown): UserError {
    error.cause = cause;
    return error;
}

function firstLineWith(match: RegExpExecArray): string {
    const begin = match.input.lastIndexOf("\n", match.index) + 1;
    const end = match.input.indexOf("\n", match.index);
    return match.input.slice(begin, end === -1 ? undefined : end).trim();
}

function lastLines(text: string): string[] {
    return text
        .split("\n")
        .map((line) => line.trimEnd())
        .filter((line) => line !== "")
        .slice(-10);
}
