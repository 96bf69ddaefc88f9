import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { codeOf } from "../lib/errors";
import { projectRoot } from "../lib/home";

/** A text, or the reason why there is none: the end of a sentence that begins with the setting. */
export type Outcome<T> = { readonly value: T } | { readonly why: string };

/**
 * PEM that stands in a setting, or in the file that the setting names (from the project's folder on).
 * What was given is not repeated in the reason: it may be a key.
 */
export function readPem(given: string, root: string = projectRoot): Outcome<string> {
    if (given.includes("-----BEGIN ")) return { value: withNewline(given) };
    if (given.includes("\n")) return { why: "is neither PEM nor the path of a file" };
    try {
        const text = readFileSync(path.resolve(root, given), "utf8");
        if (text.includes("-----BEGIN ")) return { value: withNewline(text) };
        return { why: "names a file without PEM in it (-----BEGIN ...)" };
    } catch (error) {
        const code = codeOf(error);
        if (code === undefined) throw error;
        return { why: `is neither PEM nor a file that can be read (${code})` };
    }
}

/** The certificates of a PEM in their order, the server's first. */
export function parseCertificates(pem: string): Outcome<readonly [X509Certificate, ...X509Certificate[]]> {
    const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    try {
        const [server, ...chain] = blocks.map((block) => new X509Certificate(block));
        return server === undefined ? { why: "has no certificate in it" } : { value: [server, ...chain] };
    } catch {
        return { why: "has something in it that is called a certificate and is none" };
    }
}

/** A key without passphrase: whoever serves the certificate starts without a person. */
export function parseKey(pem: string): Outcome<KeyObject> {
    try {
        return { value: createPrivateKey(pem) };
    } catch {
        // OpenSSL's reason may have parts of the key in it.
        return { why: "holds no private key that can be read: PEM without a passphrase is needed" };
    }
}

/** @throws Error for a setting that the checks would have refused */
export function requirePem(setting: string, given: string | undefined): string {
    const outcome = readPem(given ?? "");
    if ("why" in outcome) throw new Error(`${setting} ${outcome.why}`);
    return outcome.value;
}

function withNewline(text: string): string {
    return `${text.trimEnd()}\n`;
}
