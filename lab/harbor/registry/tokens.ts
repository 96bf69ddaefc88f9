import { createHash, generateKeyPair, randomBytes, sign, verify, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { z } from "zod";

/** What a token allows: repository:library/alpine:pull,push. */
export interface TokenAccess {
    readonly type: string;
    readonly name: string;
    readonly actions: readonly string[];
}

export interface TokenClaims {
    readonly subject: string;
    readonly access: readonly TokenAccess[];
}

export const tokenService = "harbor-registry";
const issuer = "harbor-token-issuer";
/** Seconds that two clocks may differ. */
const leeway = 60;

const claimsForm = z.object({
    iss: z.literal(issuer),
    aud: z.literal(tokenService),
    sub: z.string(),
    exp: z.number(),
    nbf: z.number(),
    access: z.array(z.object({ type: z.string(), name: z.string(), actions: z.array(z.string()) })),
});

/** JSON Web Tokens (RS256), signed with a key that this process makes and keeps. */
export class Tokens {
    private readonly keys = promisify(generateKeyPair)("rsa", { modulusLength: 2048 });

    constructor() {
        // Whoever needs the first token sees the failure.
        this.keys.catch(() => undefined);
    }

    /** @param seconds that it is valid for */
    async issue({ subject, access }: TokenClaims, seconds: number): Promise<{ token: string; issuedAt: Date }> {
        const { privateKey, publicKey } = await this.keys;
        const issuedAt = new Date();
        const now = Math.floor(issuedAt.getTime() / 1000);
        const header = { alg: "RS256", typ: "JWT", kid: keyId(publicKey) };
        const claims = {
            iss: issuer,
            sub: subject,
            aud: tokenService,
            exp: now + seconds,
            nbf: now,
            iat: now,
            jti: randomBytes(8).toString("hex"),
            access,
        };
        const text = `${encode(header)}.${encode(claims)}`;
        return { token: `${text}.${sign("sha256", Buffer.from(text), privateKey).toString("base64url")}`, issuedAt };
    }

    /** What a token says, or undefined where it is not ours or not valid now. */
    async read(token: string): Promise<TokenClaims | undefined> {
        const [header = "", payload = "", signature = ""] = token.split(".");
        const { publicKey } = await this.keys;
        const text = Buffer.from(`${header}.${payload}`);
        if (!verify("sha256", text, publicKey, Buffer.from(signature, "base64url"))) return undefined;
        const claims = claimsForm.safeParse(JSON.parse(Buffer.from(payload, "base64url").toString()));
        if (!claims.success) return undefined;
        const now = Date.now() / 1000;
        const { exp, nbf, sub, access } = claims.data;
        return now > exp + leeway || now < nbf - leeway ? undefined : { subject: sub, access };
    }
}

function encode(value: object): string {
    return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** As libtrust names a key: 240 bits of its digest in base 32, in groups of four. */
function keyId(key: KeyObject): string {
    const digest = createHash("sha256")
        .update(key.export({ type: "spki", format: "der" }))
        .digest()
        .subarray(0, 30);
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const bits = [...digest].map((byte) => byte.toString(2).padStart(8, "0")).join("");
    const letters = (bits.match(/.{5}/g) ?? []).map((five) => alphabet[Number.parseInt(five, 2)] ?? "").join("");
    return (letters.match(/.{4}/g) ?? []).join(":");
}
