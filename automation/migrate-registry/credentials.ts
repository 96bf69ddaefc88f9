import type { Credentials } from "../../harbor/registry/authorization";
import { ExitCode, UserError } from "../../lib/errors";

/**
 * Who signs in to the registry that is copied: ANCHORAGE_REGISTRY_USER and ANCHORAGE_REGISTRY_PASSWORD, or a file with
 * `user:password`, or Docker's config.json. Never an argument, which every user of the machine can read.
 * @param file its content @param url of the registry @returns undefined: nobody
 */
export function registryCredentials(
    env: NodeJS.ProcessEnv,
    file: string | undefined,
    url: string,
): Credentials | undefined {
    if (file !== undefined) return fromFile(file.trim(), url);
    const user = env["ANCHORAGE_REGISTRY_USER"];
    const password = env["ANCHORAGE_REGISTRY_PASSWORD"];
    if (user === undefined && password === undefined) return undefined;
    if (user !== undefined && password !== undefined && user !== "") return { user, password };
    throw new UserError("only one of ANCHORAGE_REGISTRY_USER and ANCHORAGE_REGISTRY_PASSWORD is set", {
        next: ["set both, or neither for a registry that asks for no password"],
        exitCode: ExitCode.usage,
    });
}

function fromFile(content: string, url: string): Credentials {
    const pair = content.startsWith("{") ? fromDocker(content, new URL(url)) : content;
    const colon = pair?.indexOf(":") ?? -1;
    if (pair !== undefined && colon > 0 && !pair.includes("\n")) {
        return { user: pair.slice(0, colon), password: pair.slice(colon + 1) };
    }
    throw new UserError("the file of --registry-credentials has no user and password for the registry", {
        details: ["it holds user:password in one line, or is Docker's config.json with an auth for that host"],
        exitCode: ExitCode.usage,
    });
}

/** Without a credential helper, whose password is not in the file. */
function fromDocker(content: string, { host }: URL): string | undefined {
    try {
        const { auths = {} } = JSON.parse(content) as { auths?: Readonly<Record<string, { auth?: string }>> };
        const key = Object.keys(auths).find((name) => name.replace(/^https?:\/\//, "").split("/")[0] === host);
        const auth = key === undefined ? undefined : auths[key]?.auth;
        return auth === undefined ? undefined : Buffer.from(auth, "base64").toString();
    } catch {
        return undefined;
    }
}
