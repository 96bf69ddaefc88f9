import { errors } from "undici";
import { codeOf, messageOf } from "../../lib/errors";
import { HarborError, type HarborErrorKind } from "./errors";

/** Certificates that a client must not accept, by Node's and OpenSSL's codes, and what to do about each. */
const certificateCodes: Readonly<Record<string, readonly [what: string, next: string]>> = {
    CERT_HAS_EXPIRED: ["has expired", "renew it; cert-manager does so by itself: look at the Certificate's events"],
    CERT_NOT_YET_VALID: ["is not valid yet", "compare the clocks of this machine and of who made the certificate"],
    DEPTH_ZERO_SELF_SIGNED_CERT: ["is self-signed and not trusted", "give its CA"],
    SELF_SIGNED_CERT_IN_CHAIN: ["is signed by a CA that is not trusted", "give the CA"],
    UNABLE_TO_GET_ISSUER_CERT: ["is signed by a CA that is not trusted", "give the CA"],
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ["is signed by a CA that is not trusted", "give the CA"],
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
        "is signed by a CA that is not trusted, or comes without its chain",
        "give the CA, and let the server send the whole chain",
    ],
    CERT_SIGNATURE_FAILURE: ["has a signature that does not fit its CA", "give the CA that signed it"],
    CERT_REVOKED: ["is revoked", "make a new one"],
    ERR_TLS_CERT_ALTNAME_INVALID: [
        "is for another name",
        "use the name that the certificate has, or make one for this name",
    ],
};

/** Codes of a connection that was never made: nothing of the request was sent. */
const refusedCodes = new Set(["ECONNREFUSED", "UND_ERR_CONNECT_TIMEOUT", "EHOSTUNREACH", "ENETUNREACH", "EAI_AGAIN"]);

/** Codes of a connection that ended under way: the request may have been carried out. */
const brokenCodes = new Set(["ECONNRESET", "EPIPE", "ETIMEDOUT", "UND_ERR_SOCKET", "UND_ERR_CLOSED"]);

/** How far a request came whose answer did not. */
export type Progress =
    /** Nothing was sent: may be sent again whatever it does. */
    | "not sent"
    /** Whether the server carried it out is not known. */
    | "unknown"
    /** To try again makes no sense. */
    | "hopeless";

export interface LostConnection {
    readonly error: HarborError;
    readonly progress: Progress;
}

/** What an error of the connection means. @returns undefined for what is none: a defect */
export function lostConnection(
    error: unknown,
    endpoint: string,
    origin: string,
    answering: boolean,
): LostConnection | undefined {
    // Some of the parser's errors have no code.
    const noHttp = error instanceof errors.HTTPParserError;
    const code = codeOf(error) ?? codeOf(causeOf(error)) ?? (noHttp ? error.name : undefined);
    if (code === undefined) return undefined;
    const failure = (
        kind: HarborErrorKind,
        message: string,
        next: readonly string[],
        progress: Progress,
    ): LostConnection => ({
        // The cause as a text: the parser's error holds what was received.
        error: new HarborError(`${endpoint}: ${message}`, { kind, endpoint, next, cause: messageOf(error) }),
        progress,
    });
    const certificate = certificateCodes[code];
    if (certificate) {
        return failure("certificate", `the certificate of ${origin} ${certificate[0]}`, [certificate[1]], "hopeless");
    }
    if (answering) {
        // What ends a body early: the server, a proxy, or a length that does not fit.
        return failure("cut-off", `the answer of ${origin} was cut off`, [statusHint], "unknown");
    }
    if (code === "ENOTFOUND") {
        return failure(
            "unreachable",
            `${origin}: there is no such name`,
            ["make its DNS record: npx anchorage open says where it leads to"],
            "hopeless",
        );
    }
    if (refusedCodes.has(code)) {
        return failure("unreachable", `${origin} does not answer (${code})`, [statusHint], "not sent");
    }
    if (brokenCodes.has(code)) {
        return failure("unreachable", `${origin} ended the connection (${code})`, [statusHint], "unknown");
    }
    if (code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_BODY_TIMEOUT") {
        return failure("timeout", `${origin} did not answer in time`, [statusHint], "unknown");
    }
    // http spoken to a port of https and the other way round, and answers that are no HTTP.
    if (noHttp || /^(EPROTO|ERR_SSL_)/.test(code)) {
        return failure(
            "not-harbor",
            `${origin} does not speak ${origin.startsWith("https:") ? "TLS" : "HTTP"} (${code})`,
            [`is it ${origin.startsWith("https:") ? "http" : "https"}?`],
            "hopeless",
        );
    }
    return undefined;
}

const statusHint = "npx anchorage status shows which workloads are not ready";

function causeOf(error: unknown): unknown {
    return error instanceof Error ? error.cause : undefined;
}
