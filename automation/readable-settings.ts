import { rawSettings } from "../config/raw-settings";
import type { Settings } from "../config/schema";
import { parseSettings } from "../config/settings";
import { readStackConfig } from "./engines/rehearsal/project";

/**
 * The settings of a stack as far as they can be read without an engine: an encrypted value is a text that stands for it.
 * @throws UserError (exit code 2) with every mistake
 */
export async function readableSettings(projectRoot: string, stack: string): Promise<Settings> {
    const { project, values } = await readStackConfig({ projectRoot, stack });
    const unreadable = new Set<string>();
    const readable = withoutSecrets(rawSettings(values, project), "", unreadable) as Record<string, unknown>;
    return parseSettings(readable, unreadable);
}

/**
 * Encrypted values (`{secure: ...}`) are text that only the engine can read, and none of it is in a plan.
 *
 * @param found gets the path of each
 */
function withoutSecrets(value: unknown, path: string, found: Set<string>): unknown {
    if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, path, found));
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value);
    if (entries.length === 1 && entries[0]?.[0] === "secure") {
        found.add(path);
        return "an encrypted value";
    }
    return Object.fromEntries(
        entries.map(([key, below]) => [key, withoutSecrets(below, path === "" ? key : `${path}.${key}`, found)]),
    );
}
