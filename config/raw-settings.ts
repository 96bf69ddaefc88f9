/**
 * The configuration of this project's namespace: every key, so that an unknown one is seen. Objects, arrays,
 * numbers and truth values arrive as JSON.
 */
export function rawSettings(config: Readonly<Record<string, string>>, project: string): Record<string, unknown> {
    const prefix = `${project}:`;
    return Object.fromEntries(
        Object.entries(config)
            .filter(([key]) => key.startsWith(prefix))
            .map(([key, text]) => [key.slice(prefix.length), valueOf(text)]),
    );
}

function valueOf(text: string): unknown {
    if (!/^[[{]/.test(text)) return text;
    try {
        return JSON.parse(text) as unknown;
    } catch {
        return text; // a text that only looks like JSON; the schema says what is wrong with it
    }
}
