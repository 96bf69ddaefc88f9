import { rawSettings } from "../config/raw-settings";
import type { Settings } from "../config/schema";
import { parseSettings } from "../config/settings";
import { replaceEncrypted } from "./encrypted-values";
import { readStackConfig } from "./engines/rehearsal/project";

/**
 * The settings of a stack as far as they can be read without an engine: an encrypted value is a text that stands for it.
 * @param harborVersion as if `harbor.version` were that; default: as it is
 * @throws UserError (exit code 2) with every mistake
 */
export async function readableSettings(projectRoot: string, stack: string, harborVersion?: string): Promise<Settings> {
    const { project, values } = await readStackConfig({ projectRoot, stack });
    const unreadable = new Set<string>();
    const readable = replaceEncrypted(rawSettings(values, project), (path) => {
        unreadable.add(path);
        return "an encrypted value";
    }) as Record<string, unknown>;
    if (harborVersion === undefined) return parseSettings(readable, unreadable);
    const harbor = { ...(readable["harbor"] as object | undefined), version: harborVersion };
    return parseSettings({ ...readable, harbor }, unreadable);
}
