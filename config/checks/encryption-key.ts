import type { Settings } from "../schema";

/** What Harbor takes: it is the key of AES-128, byte for byte. */
const length = 16;

/** The chart's default, which the whole world knows. */
const known = "not-a-secure-key";

/** Harbor itself notices a wrong length only when it has to open a credential (`invalid key size 17`). */
export function checkEncryptionKey({ harbor: { encryptionKey } }: Settings): string[] {
    if (encryptionKey === undefined) return [];
    const command = "pulumi config set --secret --path harbor.encryptionKey";
    if (encryptionKey === known) {
        return [
            "harbor.encryptionKey is the default of Harbor's chart, which everybody knows: leave it out, and a key is made; " +
                "a registry that has this one is better moved image by image (npx anchorage migrate --from-registry)",
        ];
    }
    const bytes = Buffer.byteLength(encryptionKey);
    if (bytes === length && encryptionKey.length === length && !/\s/.test(encryptionKey)) return [];
    const told =
        encryptionKey.length === bytes
            ? `${String(bytes)} characters`
            : `${String(encryptionKey.length)} characters of ${String(bytes)} bytes`;
    return [
        `harbor.encryptionKey has ${told}${/\s/.test(encryptionKey) ? ", white space among them" : ""}: set exactly 16 ` +
            `without white space, as they stand in the other registry's Secret (${command})`,
    ];
}
