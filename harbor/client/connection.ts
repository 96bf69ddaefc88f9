import { rootCertificates, createSecureContext } from "node:tls";
import { Agent } from "undici";
import { ExitCode, UserError } from "../../lib/errors";

export interface ConnectionOptions {
    /** What clients type: `https://registry.example.com`. */
    readonly url: string;
    /** PEM of the CA that signed the server's certificate, trusted beside the well-known ones. @default none */
    readonly ca?: string;
    /** Connections to each address at once. @default 16 */
    readonly connections?: number;
    /** Milliseconds until a connection has to stand. @default 10,000 */
    readonly connectTimeoutMs?: number;
}

/** The registry's address without a path, checked. @throws UserError for what is no address of a registry */
export function parseRegistryUrl(text: string): URL {
    const wrong = (why: string): UserError =>
        // Without the text itself where it may hold a password.
        new UserError(`the registry's address ${why}`, {
            next: ["give an address such as https://registry.example.com"],
            exitCode: ExitCode.usage,
        });
    if (!URL.canParse(text)) throw wrong(`${JSON.stringify(text.replace(/\/\/.*@/, "//"))} is no URL`);
    const url = new URL(text);
    if (url.username !== "" || url.password !== "") throw wrong("must not hold a user or a password");
    if (url.protocol !== "http:" && url.protocol !== "https:") throw wrong(`${url.origin} must be http or https`);
    if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
        // The chart serves Harbor at the root of a domain alone.
        throw wrong(`${url.origin} must have no path: Harbor is at the root of its domain`);
    }
    return url;
}

/** Connections that are kept, follow no redirect and keep no cookie. */
export function openConnections({ ca, connections = 16, connectTimeoutMs = 10_000 }: ConnectionOptions): Agent {
    // One context for all connections: to read the well-known CAs anew for each would take longer than the request.
    const trust = ca === undefined ? {} : { secureContext: createSecureContext({ ca: [...rootCertificates, ca] }) };
    return new Agent({
        connections,
        pipelining: 1,
        keepAliveTimeout: 10_000,
        connect: { timeout: connectTimeoutMs, ...trust },
    });
}
