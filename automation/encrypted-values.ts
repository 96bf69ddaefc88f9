/**
 * The value with each encrypted one, `{secure: ...}`, which only the stack's own key opens, replaced at every depth.
 *
 * @param replacement gets its path: `database.password`
 */
export function replaceEncrypted(value: unknown, replacement: (path: string) => string, path = ""): unknown {
    if (Array.isArray(value)) return value.map((item) => replaceEncrypted(item, replacement, path));
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value);
    if (entries.length === 1 && entries[0]?.[0] === "secure") return replacement(path);
    return Object.fromEntries(
        entries.map(([key, below]) => [
            key,
            replaceEncrypted(below, replacement, path === "" ? key : `${path}.${key}`),
        ]),
    );
}
