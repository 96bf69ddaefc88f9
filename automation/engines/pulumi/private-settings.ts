import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { StackSelection } from "../../engine";
import { readStackSettings } from "../stack-settings";

/** A copy of a stack's settings that the CLI may write to. */
export interface PrivateSettings {
    /** A folder with Pulumi.yaml and Pulumi.<stack>.yaml alone. */
    readonly folder: string;
    /** For `--config-file`. */
    readonly configFile: string;
}

/**
 * Runs `work` with a copy of the stack's settings, the overrides put in, that only this user can read and
 * that is removed afterwards. The CLI writes to the settings that it is given: config values put over them, and
 * the salt of a new stack. The user's own file stays as it is.
 */
export async function withPrivateSettings<T>(
    selection: StackSelection,
    work: (settings: PrivateSettings) => Promise<T>,
): Promise<T> {
    const { document, projectText } = await readStackSettings(selection);
    const { stringify } = await import("yaml");
    const folder = await mkdtemp(path.join(tmpdir(), "anchorage-settings-")); // mode 0700
    try {
        const configFile = path.join(folder, `Pulumi.${selection.stack}.yaml`);
        await writeFile(path.join(folder, "Pulumi.yaml"), projectText, { mode: 0o600 });
        await writeFile(configFile, stringify(document), { mode: 0o600 });
        return await work({ folder, configFile });
    } finally {
        await rm(folder, { recursive: true, force: true });
    }
}
