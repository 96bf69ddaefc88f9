/* oxlint-disable typescript/no-require-imports -- lazy: a relative import() would load the module a second time, as an ES module */
import { Option, type Command } from "commander";
import { backupKindNames } from "../backup-kinds";
import type { RunVerb, StackFlags } from "../commands";
import type { Context } from "../context";
import { examples } from "./help";

interface BackupFlags extends StackFlags {
    readonly name?: string;
    readonly kind: (typeof backupKindNames)[number];
    readonly plan?: boolean;
}

/** Adds a verb with the flags of a stack. @param parent default: the program */
export type AddStackVerb = (name: string, description: string, parent?: Command) => Command;

type Manage = typeof import("../backup/manage");

/** `anchorage backup ...`: makes backup sets, and looks after them. */
export function addBackupCommands(stackVerb: AddStackVerb, run: RunVerb): void {
    const backup = stackVerb("backup", "make one consistent set of objects, database and images; or look after sets")
        // Flags after `backup list` are those of list.
        .enablePositionalOptions()
        .option("--name <name>", "of the set; default: the time, such as 20261123t142831z")
        .addOption(
            new Option("--kind <kind>", "snapshot: for a while, such as before an upgrade, by CSI snapshots")
                .choices(backupKindNames)
                .default("regular"),
        )
        .option("--plan", "only say what it would do, a line a step")
        .option("--wait", "wait for its end, as it does anyway: who else would make Harbor writable again?")
        .addHelpText(
            "after",
            examples(
                ["npx anchorage backup"],
                ["npx anchorage backup --stack public --name before-upgrade"],
                ["npx anchorage backup --plan", "what it would do, a line a step"],
                ["npx anchorage backup list", "the sets that are there"],
            ),
        )
        .action(async (flags: BackupFlags) => {
            await run(flags, async (context) => {
                const { backup: make } = require("../backup") as typeof import("../backup");
                await make(flags, context);
                return undefined;
            });
        });
    backup.parent?.enablePositionalOptions();
    const managed = async (flags: StackFlags, work: (manage: Manage, context: Context) => Promise<void>) =>
        run(flags, async (context) => {
            await work(require("../backup/manage") as Manage, context);
            return undefined;
        });

    stackVerb("list", "print the backups of the stack's bucket, the oldest first", backup)
        .addHelpText("after", examples(["npx anchorage backup list"], ["npx anchorage backup list --json"]))
        .action((flags: StackFlags) => managed(flags, (manage, context) => manage.listBackups(flags, context)));
    stackVerb("show", "print what a backup holds", backup)
        .argument("<name>", "as `backup list` names it")
        .addHelpText("after", examples(["npx anchorage backup show before-upgrade"]))
        .action((name: string, flags: StackFlags) =>
            managed(flags, (manage, context) => manage.showBackup({ ...flags, name }, context)),
        );
    stackVerb("verify", "read every part of a backup and compare its digest; exit code 1 names what is wrong", backup)
        .argument("<name>", "as `backup list` names it")
        .option("--repair", "copy images anew that are damaged or lost, where the registry still has them")
        .addHelpText(
            "after",
            examples(
                ["npx anchorage backup verify before-upgrade"],
                ["npx anchorage backup verify before-upgrade --repair"],
            ),
        )
        .action(async (name: string, flags: StackFlags & { readonly repair?: boolean }) =>
            run(flags, async (context) => {
                const { verifyBackup } = require("../backup/verifying") as typeof import("../backup/verifying");
                await verifyBackup({ ...flags, name }, context);
                return undefined;
            }),
        );
    stackVerb("delete", "delete a backup, Velero's part of it, and blobs that no other one needs; asks first", backup)
        .argument("<name>", "as `backup list` names it")
        .option("-y, --yes", "do not ask")
        .addHelpText("after", examples(["npx anchorage backup delete before-upgrade --yes"]))
        .action((name: string, flags: StackFlags & { readonly yes?: boolean }) =>
            managed(flags, (manage, context) =>
                manage.deleteBackup({ ...flags, name, yes: flags.yes ?? false }, context),
            ),
        );
    stackVerb("prune", "delete what backup.retention no longer keeps; never the newest complete backup", backup)
        .option("--plan", "only say what would be deleted")
        .addHelpText("after", examples(["npx anchorage backup prune --plan"], ["npx anchorage backup prune"]))
        .action((flags: StackFlags & { readonly plan?: boolean }) =>
            managed(flags, (manage, context) => manage.pruneBackups({ ...flags, plan: flags.plan ?? false }, context)),
        );
    stackVerb("unlock", "put back what a killed backup left: read-only mode and paused queues", backup)
        .addHelpText("after", examples(["npx anchorage backup unlock"]))
        .action((flags: StackFlags) => managed(flags, (manage, context) => manage.unlockBackups(flags, context)));
}
