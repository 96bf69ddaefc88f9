import {
    createHash,
    createPrivateKey,
    createPublicKey,
    generateKeyPair,
    randomBytes,
    type KeyExportOptions,
    type KeyObject,
} from "node:crypto";
import { promisify } from "node:util";
import { UserError } from "../../../../../lib/errors";

const generate = promisify(generateKeyPair);

/** The curves of `ecdsaCurve` as OpenSSL and OpenSSH name them. OpenSSH has none of P224. */
const curves: Readonly<Record<string, { openssl: string; openssh?: string }>> = {
    P224: { openssl: "secp224r1" },
    P256: { openssl: "prime256v1", openssh: "nistp256" },
    P384: { openssl: "secp384r1", openssh: "nistp384" },
    P521: { openssl: "secp521r1", openssh: "nistp521" },
};

export async function generateKey(algorithm: string, rsaBits: number, ecdsaCurve: string): Promise<KeyObject> {
    switch (algorithm) {
        case "RSA":
            return (await generate("rsa", { modulusLength: rsaBits })).privateKey;
        case "ECDSA": {
            const curve = curves[ecdsaCurve];
            if (!curve) throw new UserError(`ecdsaCurve is "${ecdsaCurve}": P224, P256, P384 or P521 is expected`);
            return (await generate("ec", { namedCurve: curve.openssl })).privateKey;
        }
        case "ED25519":
            return (await generate("ed25519")).privateKey;
        default:
            throw new UserError(`algorithm is "${algorithm}": RSA, ECDSA or ED25519 is expected`);
    }
}

/** `RSA`, `ECDSA` or `ED25519`, as Terraform's tls provider names them. */
export function algorithmOf(key: KeyObject): string {
    const names: Record<string, string> = { rsa: "RSA", ec: "ECDSA", ed25519: "ED25519" };
    const name = names[key.asymmetricKeyType ?? ""];
    if (name === undefined)
        throw new UserError(`a key of the type ${key.asymmetricKeyType ?? "unknown"} cannot be used`);
    return name;
}

export function readPrivateKey(pem: string): KeyObject {
    try {
        return createPrivateKey(pem);
    } catch (error) {
        // The text of a key must not get into the message, so what was given is not repeated.
        throw new UserError("privateKeyPem holds no private key in PEM", { cause: error });
    }
}

/** The traditional form of each algorithm: PKCS#1 for RSA, SEC 1 for ECDSA, PKCS#8 for ED25519. */
export function privateKeyPem(key: KeyObject): string {
    const type = key.asymmetricKeyType === "rsa" ? "pkcs1" : key.asymmetricKeyType === "ec" ? "sec1" : "pkcs8";
    return key.export({ type, format: "pem" } as KeyExportOptions<"pem">).toString();
}

export interface KeyForms {
    readonly privateKeyPem: string;
    readonly privateKeyPemPkcs8: string;
    readonly privateKeyOpenssh: string;
    readonly publicKeyPem: string;
    readonly publicKeyOpenssh: string;
    readonly publicKeyFingerprintMd5: string;
    readonly publicKeyFingerprintSha256: string;
}

/** All the forms in which the provider gives a key. Those of OpenSSH are empty for a curve that it has not. */
export function keyForms(key: KeyObject): KeyForms {
    const publicKey = createPublicKey(key);
    const blob = sshPublicBlob(key);
    const digest = (algorithm: string): Buffer =>
        createHash(algorithm)
            .update(blob?.data ?? "")
            .digest();
    return {
        privateKeyPem: privateKeyPem(key),
        privateKeyPemPkcs8: key.export({ type: "pkcs8", format: "pem" }).toString(),
        privateKeyOpenssh: blob ? sshPrivateKey(key, blob.type, blob.data) : "",
        publicKeyPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
        publicKeyOpenssh: blob ? `${blob.type} ${blob.data.toString("base64")}\n` : "",
        publicKeyFingerprintMd5: blob ? (digest("md5").toString("hex").match(/../g) ?? []).join(":") : "",
        publicKeyFingerprintSha256: blob ? `SHA256:${digest("sha256").toString("base64").replace(/=+$/, "")}` : "",
    };
}

/** RFC 4251: a length of four bytes, then the bytes. */
function field(data: Buffer | string): Buffer {
    const bytes = Buffer.from(data as string);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
}

/** RFC 4251's mpint: no leading zeros, but one where the first bit would be a sign. */
function integer(base64url: string | undefined): Buffer {
    let bytes = Buffer.from(base64url ?? "", "base64url");
    while (bytes.length > 1 && bytes[0] === 0) bytes = bytes.subarray(1);
    return field((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

function curveName(crv: string | undefined): string | undefined {
    return crv === undefined ? undefined : curves[crv.replace("-", "")]?.openssh;
}

function ecPoint({ x, y }: { x?: string; y?: string }): Buffer {
    return Buffer.concat([Buffer.from([4]), Buffer.from(x ?? "", "base64url"), Buffer.from(y ?? "", "base64url")]);
}

function sshPublicBlob(key: KeyObject): { type: string; data: Buffer } | undefined {
    if (key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === "secp224r1") return undefined;
    const jwk = createPublicKey(key).export({ format: "jwk" });
    if (jwk.kty === "RSA") {
        const type = "ssh-rsa";
        return { type, data: Buffer.concat([field(type), integer(jwk.e), integer(jwk.n)]) };
    }
    if (jwk.kty === "OKP") {
        const type = "ssh-ed25519";
        return { type, data: Buffer.concat([field(type), field(Buffer.from(jwk.x ?? "", "base64url"))]) };
    }
    const curve = curveName(jwk.crv);
    if (curve === undefined) return undefined;
    const type = `ecdsa-sha2-${curve}`;
    return { type, data: Buffer.concat([field(type), field(curve), field(ecPoint(jwk))]) };
}

/** OpenSSH's own format without a passphrase (PROTOCOL.key of OpenSSH). */
function sshPrivateKey(key: KeyObject, type: string, publicBlob: Buffer): string {
    const jwk = key.export({ format: "jwk" });
    const secretFields: Record<string, () => Buffer[]> = {
        RSA: () => [jwk.n, jwk.e, jwk.d, jwk.qi, jwk.p, jwk.q].map(integer),
        OKP: () => {
            const [seed, point] = [Buffer.from(jwk.d ?? "", "base64url"), Buffer.from(jwk.x ?? "", "base64url")];
            return [field(point), field(Buffer.concat([seed, point]))];
        },
        EC: () => [field(curveName(jwk.crv) ?? ""), field(ecPoint(jwk)), integer(jwk.d)],
    };
    const check = randomBytes(4);
    const fields = secretFields[jwk.kty ?? ""]?.() ?? [];
    const inner = Buffer.concat([check, check, field(type), ...fields, field("")]);
    const padding = Buffer.from(Array.from({ length: (8 - (inner.length % 8)) % 8 }, (_, index) => index + 1));
    const one = Buffer.from([0, 0, 0, 1]);
    const all = Buffer.concat([
        Buffer.from("openssh-key-v1\0"),
        field("none"),
        field("none"),
        field(""),
        one,
        field(publicBlob),
        field(Buffer.concat([inner, padding])),
    ]);
    const lines = all.toString("base64").match(/.{1,70}/g) ?? [];
    return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join("\n")}\n-----END OPENSSH PRIVATE KEY-----\n`;
}
