/** Fields of request bodies whose values are secrets (swagger.yaml of Harbor 2.15.2). */
const secretFields = new Set([
    "secret",
    "password",
    "new_password",
    "old_password",
    "access_secret",
    "access_credential",
    "auth_header",
    "ldap_search_password",
    "oidc_client_secret",
    "uaa_client_secret",
]);

/** What stands in a text in place of a secret. */
export const hidden = "[secret]";

/**
 * Takes secrets out of a text that comes from elsewhere: a server may repeat in its error what it was sent.
 * Shorter ones than four characters are left: they would turn up within words.
 */
export function withoutSecrets(text: string, secrets: Iterable<string>): string {
    let result = text;
    // The longest first, so that a secret within another one does not leave the other's rest.
    for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
        if (secret.length < 4) continue;
        for (const form of new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])) {
            result = result.replaceAll(form, hidden);
        }
    }
    return result;
}

/** The values of all secret fields of a request's body. */
export function secretsOf(body: unknown): string[] {
    if (typeof body !== "object" || body === null) return [];
    return Object.entries(body).flatMap(([key, value]) =>
        typeof value === "string" ? (secretFields.has(key) ? [value] : []) : secretsOf(value),
    );
}
