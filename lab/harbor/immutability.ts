import { z } from "zod";
import type { Tables } from "./store/store";

const selector = z.object({ decoration: z.string(), pattern: z.string() });
const rule = z.object({
    disabled: z.boolean().default(false),
    tag_selectors: z.array(selector),
    scope_selectors: z.object({ repository: z.array(selector).default([]) }),
});

/** Whether a rule of the project keeps that tag from being moved or deleted. */
export async function isImmutable(
    tables: Tables,
    projectId: number,
    repository: string,
    tag: string,
): Promise<boolean> {
    const rules = await tables.immutableRules.all({ project_id: projectId });
    const name = repository.slice(repository.indexOf("/") + 1);
    return rules.some(({ content }) => {
        const { disabled, tag_selectors, scope_selectors } = rule.parse(content);
        if (disabled) return false;
        const inScope = scope_selectors.repository.every(({ decoration, pattern }) =>
            decoration === "repoMatches" ? matches(pattern, name) : !matches(pattern, name),
        );
        return (
            inScope &&
            tag_selectors.every(({ decoration, pattern }) =>
                decoration === "matches" ? matches(pattern, tag) : !matches(pattern, tag),
            )
        );
    });
}

/** Doublestar: "*" and "?" within a part, "**" across parts, {a,b} one of them, [0-9] and [^a] one character. */
export function matches(pattern: string, name: string): boolean {
    const source = pattern.replace(/\*\*|\[[^\]]+\]|[*?{},]|[.+^$()|[\]\\]/g, (token) => {
        if (token.length > 2) return token.replaceAll("\\", "\\\\").replace(/^\[!/, "[^");
        const words: Readonly<Record<string, string>> = {
            "**": ".*",
            "*": "[^/]*",
            "?": "[^/]",
            "{": "(?:",
            "}": ")",
            ",": "|",
        };
        return words[token] ?? `\\${token}`;
    });
    return new RegExp(`^(?:${source})$`).test(name);
}
