import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from "node:crypto";
import { constants } from "node:fs";
import { mkdir, open, readFile } from "node:fs/promises";
import path from "node:path";
import { codeOf, UserError } from "../../../lib/errors";
import { isObject, isSecret, secretSignature, signatureKey, type Value } from "./values";

/** How the secrets of a state file are encrypted, as it stands in the file. */
export interface EncryptionHeader {
    readonly kind: "passphrase" | "key-file";
    /** Base64; of the passphrase's scrypt. */
    readonly salt?: string;
    /** A known text, encrypted: tells a wrong key from a damaged file. */
    readonly check: string;
}

/** AES-256-GCM over the JSON of a value: `nonce.tag.text`, each base64. */
export interface Cipher {
    readonly header: EncryptionHeader;
    encrypt(value: Value): string;
    decrypt(text: string): Value;
}

const checkText = "anchorage";

/**
 * The cipher of a state file: the key comes from the passphrase (`PULUMI_CONFIG_PASSPHRASE`) where there is
 * one, else from a key file beside the state, made with mode 0600 when it is first needed.
 * @throws UserError when the file was encrypted with another key
 */
export async function openCipher(
    keyFile: string,
    passphrase: string | undefined,
    header: EncryptionHeader | undefined,
): Promise<Cipher> {
    const kind = header?.kind ?? (passphrase === undefined ? "key-file" : "passphrase");
    if (kind === "passphrase") {
        if (passphrase === undefined) {
            throw new UserError("the state of this stack is encrypted with a passphrase, and none is given", {
                next: ["set PULUMI_CONFIG_PASSPHRASE"],
            });
        }
        const salt = header?.salt === undefined ? randomBytes(16) : Buffer.from(header.salt, "base64");
        const key = scryptSync(passphrase, salt, 32, { N: 2 ** 15, maxmem: 64 * 2 ** 20 });
        const wrong = "the passphrase in PULUMI_CONFIG_PASSPHRASE is not the one of this stack's state";
        return verified(key, { kind, salt: salt.toString("base64") }, header, wrong);
    }
    const key = await readKey(keyFile, header === undefined);
    return verified(key, { kind }, header, `${keyFile} is not the key of this stack's state`);
}

function verified(
    key: Buffer,
    description: Omit<EncryptionHeader, "check">,
    header: EncryptionHeader | undefined,
    wrong: string,
): Cipher {
    const encrypt = (value: Value): string => {
        const nonce = randomBytes(12);
        const cipher = createCipheriv("aes-256-gcm", key, nonce);
        const text = Buffer.concat([cipher.update(JSON.stringify(value), "utf8"), cipher.final()]);
        return [nonce, cipher.getAuthTag(), text].map((part) => part.toString("base64")).join(".");
    };
    const decrypt = (text: string): Value => {
        const [nonce, tag, body] = text.split(".").map((part) => Buffer.from(part, "base64"));
        if (!nonce || !tag || !body) throw new Error("an encrypted value is cut off");
        const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: 16 });
        decipher.setAuthTag(tag);
        return JSON.parse(Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8")) as Value;
    };
    if (header !== undefined) {
        try {
            if (decrypt(header.check) !== checkText) throw new Error("another text");
        } catch (error) {
            throw new UserError(wrong, { cause: error, next: ["use the passphrase or key file of the first update"] });
        }
    }
    return { header: header ?? { ...description, check: encrypt(checkText) }, encrypt, decrypt };
}

async function readKey(file: string, mayCreate: boolean): Promise<Buffer> {
    try {
        return decodeKey(file, await readFile(file, "utf8"));
    } catch (error) {
        if (codeOf(error) !== "ENOENT") throw error;
        if (!mayCreate) {
            throw new UserError(`the key of this stack's state is gone: ${file}`, {
                cause: error,
                next: ["put the key file back, or reset the lab and delete the state file beside it"],
            });
        }
    }
    const key = randomBytes(32);
    await mkdir(path.dirname(file), { recursive: true });
    try {
        const handle = await open(file, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600);
        try {
            await handle.writeFile(`${key.toString("base64")}\n`);
            await handle.sync();
        } finally {
            await handle.close();
        }
    } catch (error) {
        if (codeOf(error) === "EEXIST") return readKey(file, false);
        throw error;
    }
    return key;
}

function decodeKey(file: string, content: string): Buffer {
    const key = Buffer.from(content.trim(), "base64");
    if (key.length !== 32) throw new UserError(`${file} holds no key: 32 bytes in base64 are expected`);
    return key;
}

/** A value with every secret in it encrypted. */
export function sealed(value: Value, cipher: Cipher): Value {
    if (Array.isArray(value)) return value.map((item) => sealed(item, cipher));
    if (!isObject(value)) return value;
    if (isSecret(value)) return { [signatureKey]: secretSignature, ciphertext: cipher.encrypt(value.value) };
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, sealed(item, cipher)]));
}

/** The opposite of {@link sealed}. */
export function unsealed(value: Value, cipher: Cipher): Value {
    if (Array.isArray(value)) return value.map((item) => unsealed(item, cipher));
    if (!isObject(value)) return value;
    if (isSecret(value) && typeof value["ciphertext"] === "string") {
        return { [signatureKey]: secretSignature, value: cipher.decrypt(value["ciphertext"]) };
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unsealed(item, cipher)]));
}
