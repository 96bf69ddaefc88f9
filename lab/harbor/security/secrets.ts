import { pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

/** As many rounds as Harbor has (src/common/utils/encrypt.go). */
const rounds = 4096;
const derive = promisify(pbkdf2);

/** What is kept of a password: a salt and what comes of both. */
export async function hashSecret(secret: string): Promise<string> {
    const salt = randomBytes(16).toString("hex");
    return `${salt}:${(await derive(secret, salt, rounds, 16, "sha256")).toString("hex")}`;
}

export async function isSecret(secret: string, kept: string): Promise<boolean> {
    const [salt = "", expected = ""] = kept.split(":");
    if (expected === "") return false;
    return timingSafeEqual(await derive(secret, salt, rounds, 16, "sha256"), Buffer.from(expected, "hex"));
}

/** What Harbor asks of a password and of a robot's own secret. */
export function isStrong(secret: string): boolean {
    return (
        secret.length >= 8 && secret.length <= 128 && /[a-z]/.test(secret) && /[A-Z]/.test(secret) && /\d/.test(secret)
    );
}

/** A robot's secret: 32 letters and digits, strong. */
export function newSecret(): string {
    for (;;) {
        const secret = randomBytes(48)
            .toString("base64")
            .replace(/[^A-Za-z0-9]/g, "")
            .slice(0, 32);
        if (secret.length === 32 && isStrong(secret)) return secret;
    }
}
