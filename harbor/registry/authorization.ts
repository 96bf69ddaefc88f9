import type { Agent } from "undici";
import { HarborError } from "../client/errors";
import { lostConnection } from "../client/lost-connections";
import { parseChallenge } from "./challenge";

export interface Credentials {
    readonly user: string;
    readonly password: string;
}

interface Token {
    readonly value: string;
    /** Milliseconds since 1970. */
    readonly until: number;
}

/** Renewed before they end, so that a body that cannot be sent twice is not refused. */
const renewBeforeMs = 20_000;

/** What a registry wants to see before it answers: nothing, a password with each request, or a token for each scope. */
export class RegistryAuthorization {
    private readonly tokens = new Map<string, Token>();
    private challenge: string | undefined;
    private readonly basic: string | undefined;

    constructor(
        private readonly origin: string,
        private readonly agent: Agent,
        private readonly credentials: Credentials | undefined,
        private readonly signal: AbortSignal,
    ) {
        if (credentials === undefined) return;
        this.basic = Buffer.from(`${credentials.user}:${credentials.password}`).toString("base64");
    }

    /** What no message may hold. */
    get secrets(): readonly string[] {
        const own = this.credentials === undefined ? [] : [this.credentials.password];
        return [
            ...own,
            ...(this.basic === undefined ? [] : [this.basic]),
            ...[...this.tokens.values()].map((t) => t.value),
        ];
    }

    /** Headers of a request, as far as the registry said what it wants. */
    async known(scope: string): Promise<Readonly<Record<string, string>>> {
        if (this.challenge === undefined) return {};
        if (isBasic(this.challenge)) return this.password();
        const token = this.tokens.get(scope);
        if (token !== undefined && token.until > Date.now()) return bearer(token);
        return bearer(await this.fetch(this.challenge, scope));
    }

    /** @returns undefined where there is nothing (else) to say */
    async answer(challenge: string | undefined, scope: string): Promise<Readonly<Record<string, string>> | undefined> {
        if (challenge === undefined) return undefined;
        if (isBasic(challenge)) {
            if (this.basic === undefined || this.challenge === challenge) return undefined;
            this.challenge = challenge;
            return this.password();
        }
        this.challenge = challenge;
        return parseChallenge(challenge) === undefined ? undefined : bearer(await this.fetch(challenge, scope));
    }

    private password(): Readonly<Record<string, string>> {
        return this.basic === undefined ? {} : { authorization: `Basic ${this.basic}` };
    }

    private async fetch(challenge: string, scope: string): Promise<Token> {
        const asked = parseChallenge(challenge);
        if (asked === undefined) throw new Error("no challenge for a token");
        const realm = new URL(asked.realm);
        const endpoint = `GET ${realm.origin}${realm.pathname}`;
        // A password goes in clear to nobody else.
        if (realm.protocol !== "https:" && realm.origin !== this.origin) {
            throw refused(endpoint, "the token service is elsewhere, and not on https");
        }
        realm.searchParams.set("service", asked.service);
        for (const one of scope.split(" ")) realm.searchParams.append("scope", one);
        const headers = { "user-agent": "anchorage", ...this.password() };
        try {
            const { origin, pathname, search } = realm;
            const request = { origin, path: pathname + search, method: "GET", headers, signal: this.signal } as const;
            const answer = await this.agent.request({ ...request, headersTimeout: 30_000, bodyTimeout: 30_000 });
            if (answer.statusCode !== 200) {
                await answer.body.dump();
                throw refused(endpoint, `answered ${String(answer.statusCode)}`);
            }
            const given = (await answer.body.json()) as { token?: string; access_token?: string; expires_in?: number };
            const value = given.token ?? given.access_token;
            if (value === undefined || value === "") throw refused(endpoint, "answered without a token");
            // 60 s where it does not say (distribution, docs/spec/auth/token.md).
            const lifeMs = (given.expires_in ?? 60) * 1000;
            const token = { value, until: Date.now() + Math.max(lifeMs - renewBeforeMs, lifeMs / 2) };
            this.tokens.set(scope, token);
            return token;
        } catch (error) {
            this.signal.throwIfAborted();
            if (error instanceof HarborError) throw error;
            throw lostConnection(error, endpoint, realm.origin, false)?.error ?? error;
        }
    }
}

function isBasic(challenge: string): boolean {
    return /^basic /i.test(challenge);
}

function bearer({ value }: Token): Readonly<Record<string, string>> {
    return { authorization: `Bearer ${value}` };
}

function refused(endpoint: string, what: string): HarborError {
    return new HarborError(`${endpoint}: ${what}`, {
        kind: "unauthorized",
        endpoint,
        next: ["check the registry's user and password"],
    });
}
