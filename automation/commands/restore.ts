/* oxlint-disable typescript/no-require-imports -- lazy: a relative import() would load the module a second time, as an ES module */
import type { Command } from "commander";
import { ExitCode, UserError } from "../../lib/errors";
import type { RunVerb, StackFlags } from "../commands";
import { examples } from "./help";
import { positiveInteger } from "./numbers";

interface RestoreFlags extends StackFlags {
    readonly from?: string;
    readonly remove?: string;
    readonly into?: string;
    readonly rehearse?: boolean;
    readonly plan?: boolean;
    readonly yes?: boolean;
    readonly samples: number;
}

/** `anchorage restore`: puts a backup back. @param stackVerb adds a verb with the flags of a stack */
export function addRestoreCommand(stackVerb: (name: string, description: string) => Command, run: RunVerb): void {
    stackVerb("restore", "put a backup back: objects, database and content; or rehearse it beside the registry")
        .option("--from <name>", "the backup, as `backup list` names it")
        .option("--into <namespace>", "a copy beside the registry, read-only and without jobs, in a new namespace")
        .option("--remove <namespace>", "remove a copy that --into made, with its database and its images")
        .option("--rehearse", "restore a copy, check it, remove it: whether the backup can be restored")
        .option("--plan", "only say what it would do, a line a step")
        .option("--samples <number>", "images that are pulled by their digest at the end", positiveInteger, 20)
        .option("-y, --yes", "do not ask")
        .addHelpText(
            "after",
            examples(
                ["npx anchorage restore --from nightly --plan"],
                ["npx anchorage restore --from nightly --rehearse", "each night: nothing of the registry is touched"],
                ["npx anchorage restore --from nightly --yes", "after a disaster; what came after the backup is lost"],
            ),
        )
        .action(async ({ from, remove, ...flags }: RestoreFlags) => {
            await run(flags, async (context) => {
                const { removeCopyOf, restore } = require("../restore") as typeof import("../restore");
                if (remove !== undefined) {
                    await removeCopyOf({ ...flags, namespace: remove }, context);
                    return undefined;
                }
                if (from === undefined) {
                    throw new UserError("nothing is said to restore from", {
                        next: ["npx anchorage backup list", "npx anchorage restore --from NAME"],
                        exitCode: ExitCode.usage,
                    });
                }
                await restore({ ...flags, from, yes: flags.yes ?? false }, context);
                return undefined;
            });
        });
}
