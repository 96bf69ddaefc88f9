import path from "node:path";
import { replaceEncrypted } from "../encrypted-values";
import type { StackSelection } from "../engine";
import { readStackSettings } from "./stack-settings";

/** Folder with real charts that the lab takes in place of the contract charts. */
export const chartsVariable = "ANCHORAGE_CHARTS";

/** Stands where a stack has a secret that is encrypted: in a lab nobody logs in with it. */
const standInSecret = "made-up-for-the-lab";

/** The same for a key that has exactly 16 characters. */
const standInKey = "made-for-the-lab";

/**
 * A stack as it is rehearsed in the lab: on the lab's cluster and S3 in place of its own, with the lab's charts, its
 * record kept apart from that of the real one. All else stays as it is.
 */
export async function onLab(selection: StackSelection, lab: string, env: NodeJS.ProcessEnv): Promise<StackSelection> {
    const { document } = await readStackSettings(selection);
    const folder = env[chartsVariable];
    const config = document["config"] as Readonly<Record<string, unknown>>;
    return {
        ...selection,
        rehearsedIn: lab,
        overrides: {
            ...Object.fromEntries(
                Object.entries(config)
                    .filter(([, value]) => JSON.stringify(value).includes('"secure":'))
                    .map(([key, value]) => [
                        key,
                        replaceEncrypted(value, (at) => (at === "encryptionKey" ? standInKey : standInSecret)),
                    ]),
            ),
            ...selection.overrides,
            cluster: { kind: "lab", name: lab, standIn: true },
            charts: folder ? { source: "folder", location: path.resolve(folder) } : { source: "contract" },
        },
    };
}
