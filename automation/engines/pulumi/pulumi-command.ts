import path from "node:path";
import type { SemVer } from "semver";
import { ExecFailure, type Exec } from "../../../lib/exec";
import type { PulumiCli } from "./find-cli";

/* oxlint-disable typescript/no-require-imports -- lazy: the SDK takes half a second to load, and it cannot be loaded by import(): it has folders for modules */

/** What a command of the CLI printed. */
export interface CliOutput {
    readonly stdout: string;
    readonly stderr: string;
}

/**
 * The CLI as the Automation API calls it: the interface of its PulumiCommand, whose `run` the SDK's types
 * leave out.
 */
export interface PulumiRunner {
    readonly command: string;
    readonly version: SemVer;
    readonly run: (
        args: readonly string[],
        cwd: string,
        env: Readonly<Record<string, string | undefined>>,
        onOutput?: (text: string) => void,
        onError?: (text: string) => void,
        signal?: AbortSignal,
    ) => Promise<CliOutput & { readonly code: number }>;
}

/** The SDK's own sorting of failures into classes; it exports the function and leaves it out of its types. */
interface ErrorsModule {
    readonly createCommandError: (
        result: CliOutput & { readonly code: number | undefined; readonly toString: () => string },
    ) => Error;
}

/**
 * The SDK's own runner starts the CLI in our process group: on Ctrl-C the CLI gets the terminal's SIGINT and
 * a second one from the SDK, and a second one means "end at once, whatever is orphaned". This one gives it a
 * group of its own and one SIGINT; see `endsInOrder` of lib/exec.
 */
export function createRunner(cli: PulumiCli, exec: Exec): PulumiRunner {
    const { SemVer } = require("semver") as typeof import("semver");
    const errors = require("@pulumi/pulumi/automation/errors") as ErrorsModule;
    return {
        command: cli.path,
        version: new SemVer(cli.version),
        async run(args, cwd, env, onOutput, onError, signal) {
            const all = args.includes("--non-interactive") ? args : [...args, "--non-interactive"];
            try {
                const { stdout, stderr } = await exec(cli.path, all, {
                    cwd,
                    env: environment(cli, env),
                    signal,
                    endsInOrder: true,
                    onLine: (line, stream) => (stream === "stdout" ? onOutput : onError)?.(`${line}\n`),
                });
                return { stdout, stderr, code: 0 };
            } catch (error) {
                if (!(error instanceof ExecFailure)) throw error;
                const { stdout, stderr, exitCode } = error;
                const failure = errors.createCommandError({
                    stdout,
                    stderr,
                    code: exitCode,
                    toString: () => error.message,
                });
                failure.cause = error;
                throw failure;
            }
        },
    };
}

/** What the CLI said before it failed, or undefined for an error that is not one of a command. */
export function outputOfFailure(error: unknown): CliOutput | undefined {
    const cause = error instanceof Error ? error.cause : undefined;
    return cause instanceof ExecFailure ? cause : undefined;
}

function environment(cli: PulumiCli, env: Readonly<Record<string, string | undefined>>): Record<string, string> {
    const given = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const searchPath = env["PATH"] ?? process.env["PATH"] ?? "";
    return {
        // A "new version available" notice helps nobody here, and looking for it takes a network.
        PULUMI_SKIP_UPDATE_CHECK: "true",
        ...Object.fromEntries(given),
        // The language hosts and bundled plugins that belong to this CLI lie beside it.
        PATH: path.dirname(cli.path) + path.delimiter + searchPath,
        PULUMI_AUTOMATION_API: "true",
    };
}
