import { randomBytes } from "node:crypto";
import { link, mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { codeOf, ExitCode, UserError } from "../../../lib/errors";
import { outputOfFailure, type PulumiRunner } from "./pulumi-command";

/** Where the CLI keeps the stacks' state. */
export interface Backend {
    /** Added to the CLI's environment. Holds the path of a passphrase, never a passphrase. */
    readonly env: Readonly<Record<string, string>>;
    /** Whether it is the one that {@link resolveBackend} keeps for labs. */
    readonly ours: boolean;
}

export interface BackendOptions {
    readonly runner: Pick<PulumiRunner, "run">;
    readonly projectRoot: string;
    readonly stack: string;
    /** Only a lab's state is kept in a place that nobody chose. */
    readonly isLab: boolean;
    /** The lab that the stack is rehearsed in: kept apart from the user's own stacks of that name. */
    readonly rehearsedIn?: string | undefined;
    readonly env: NodeJS.ProcessEnv;
    /** Folder of the checkout's own things; see `anchorageHome`. */
    readonly home: string;
}

/** What the CLI says where nobody is logged in; pulumi/pulumi pkg/backend/httpstate/backend.go. */
const notLoggedIn = "PULUMI_ACCESS_TOKEN must be set for login";

/**
 * The backend for a stack. PULUMI_BACKEND_URL and the user's own login win: a hand-typed `pulumi up` must see
 * the same state. Without either, a lab's state goes to a folder below `home`, encrypted with a passphrase that is
 * made beside it; nobody is logged in, and the user's credentials are not touched.
 *
 * @throws UserError (exit code 2) for any other stack without a login: where the state of a real environment is
 * kept is for people to choose
 */
export async function resolveBackend(options: BackendOptions): Promise<Backend> {
    const { env, home, rehearsedIn } = options;
    if (rehearsedIn !== undefined) return ownBackend(path.join(home, "pulumi-rehearsals", rehearsedIn), env);
    if (env["PULUMI_BACKEND_URL"] || (await isLoggedIn(options))) return { env: {}, ours: false };
    return ownBackend(path.join(home, "pulumi"), env);
}

/** @throws UserError for a stack that is on no lab, without a login */
async function isLoggedIn({ runner, projectRoot, stack, isLab }: BackendOptions): Promise<boolean> {
    try {
        await runner.run(["whoami"], projectRoot, {});
        return true;
    } catch (error) {
        const said = outputOfFailure(error);
        if (said === undefined || !`${said.stderr}\n${said.stdout}`.includes(notLoggedIn)) throw error;
        if (!isLab) {
            throw new UserError(
                `the pulumi CLI is not logged in, so there is no place for the state of stack ${stack}`,
                {
                    next: [
                        "pulumi login                       # Pulumi Cloud",
                        "pulumi login s3://my-bucket        # or azblob://, gs://: your own bucket",
                        "pulumi login --local               # this machine alone; back it up yourself",
                        "or set PULUMI_BACKEND_URL",
                    ],
                    exitCode: ExitCode.usage,
                    cause: error,
                },
            );
        }
    }
    return false;
}

async function ownBackend(folder: string, env: NodeJS.ProcessEnv): Promise<Backend> {
    const passphraseFile = path.join(folder, "passphrase");
    await mkdir(path.join(folder, "state"), { recursive: true, mode: 0o700 });
    await createOnce(passphraseFile, randomBytes(24).toString("base64url"));
    const hasPassphrase =
        env["PULUMI_CONFIG_PASSPHRASE"] !== undefined || env["PULUMI_CONFIG_PASSPHRASE_FILE"] !== undefined;
    return {
        env: {
            PULUMI_BACKEND_URL: pathToFileURL(path.join(folder, "state")).href,
            ...(hasPassphrase ? {} : { PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile }),
        },
        ours: true,
    };
}

/** Writes a file, readable by its owner alone, unless it is there; whole from the first moment. */
async function createOnce(file: string, content: string): Promise<void> {
    const draft = `${file}.${String(process.pid)}.${randomBytes(4).toString("hex")}`;
    await writeFile(draft, content, { mode: 0o600 });
    try {
        await link(draft, file);
    } catch (error) {
        if (codeOf(error) !== "EEXIST") throw error;
    } finally {
        await rm(draft, { force: true });
    }
}
