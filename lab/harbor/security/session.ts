import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { forbidden } from "../http/errors";

/**
 * Cookies of the portal. Who sends `sid` back is a browser to Harbor, whatever else is in the request, and so has to
 * send a token against forged requests with every write. Source: middleware/session, middleware/csrf, gorilla/csrf.
 */
const sessionCookie = "sid";
const csrfCookie = "_gorilla_csrf";
const tokenHeader = "X-Harbor-CSRF-Token";

export class Sessions {
    private readonly key = randomBytes(32);
    /** Users by session. */
    private readonly users = new Map<string, number>();

    /** The user whose session the request carries. */
    userOf(request: IncomingMessage): number | undefined {
        const id = cookiesOf(request)[sessionCookie];
        return id === undefined ? undefined : this.users.get(id);
    }

    /** Gives a session to who has none. */
    attach(request: IncomingMessage, response: ServerResponse): void {
        if (cookiesOf(request)[sessionCookie] === undefined) setSession(response, randomBytes(16).toString("hex"));
    }

    /** A new session for a user who has logged in: one from before could be somebody else's. */
    logIn(response: ServerResponse, user: number): void {
        const id = randomBytes(16).toString("hex");
        this.users.set(id, user);
        setSession(response, id);
    }

    logOut(request: IncomingMessage): void {
        const id = cookiesOf(request)[sessionCookie];
        if (id !== undefined) this.users.delete(id);
    }

    /**
     * Asks for the token where one is needed, and gives one out.
     * @throws 403 FORBIDDEN for a write with a session and without the token
     */
    protect(request: IncomingMessage, response: ServerResponse, path: string): void {
        const carriesSession = cookiesOf(request)[sessionCookie] !== undefined;
        if (/^\/(v2|api|service)\//.test(path) && !carriesSession) return;
        const known = this.open(cookiesOf(request)[csrfCookie]);
        const token = known ?? randomBytes(32);
        if (known === undefined) {
            const cookie = `${csrfCookie}=${this.seal(token)}; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict`;
            response.appendHeader("Set-Cookie", cookie);
        }
        response.setHeader(tokenHeader, mask(token));
        if (["GET", "HEAD", "OPTIONS", "TRACE"].includes(request.method ?? "")) return;
        const sent = request.headers[tokenHeader.toLowerCase()];
        if (typeof sent !== "string" || sent === "") throw forbidden("CSRF token not found in request");
        const real = unmask(sent);
        if (real?.length !== token.length || !timingSafeEqual(real, token)) throw forbidden("CSRF token invalid");
    }

    private seal(token: Buffer): string {
        const text = token.toString("hex");
        return `${text}.${createHmac("sha256", this.key).update(text).digest("hex")}`;
    }

    private open(cookie: string | undefined): Buffer | undefined {
        const token = Buffer.from((cookie ?? "").split(".")[0] ?? "", "hex");
        return token.length === 32 && cookie === this.seal(token) ? token : undefined;
    }
}

/** Another text each time for the same token, so that what compresses an answer gives nothing away. */
function mask(token: Buffer): string {
    const pad = randomBytes(token.length);
    return Buffer.concat([pad, xor(token, pad)]).toString("base64");
}

function unmask(text: string): Buffer | undefined {
    const bytes = Buffer.from(text, "base64");
    return bytes.length === 64 ? xor(bytes.subarray(32), bytes.subarray(0, 32)) : undefined;
}

function xor(a: Buffer, b: Buffer): Buffer {
    return Buffer.from(a.map((byte, index) => byte ^ (b[index] ?? 0)));
}

function setSession(response: ServerResponse, id: string): void {
    response.appendHeader("Set-Cookie", `${sessionCookie}=${id}; Path=/; HttpOnly`);
}

function cookiesOf(request: IncomingMessage): Readonly<Record<string, string>> {
    const pairs = (request.headers.cookie ?? "").split(";").flatMap((part) => {
        const at = part.indexOf("=");
        return at < 0 ? [] : [[part.slice(0, at).trim(), part.slice(at + 1).trim()] as const];
    });
    return Object.fromEntries(pairs);
}
