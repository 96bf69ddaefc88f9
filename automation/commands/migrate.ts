/* oxlint-disable typescript/no-require-imports -- lazy: a relative import() would load the module a second time, as an ES module */
import { Option, type Command } from "commander";
import { ExitCode, UserError } from "../../lib/errors";
import type { RunVerb, StackFlags } from "../commands";
import { examples } from "./help";
import { positiveInteger } from "./numbers";

interface MigrateFlags extends StackFlags {
    readonly to?: string;
    readonly toLab?: string;
    readonly from?: string;
    readonly storageClass?: readonly string[];
    readonly overwrite?: boolean;
    readonly plan?: boolean;
    readonly yes?: boolean;
    readonly samples: number;
    readonly fromRegistry?: string;
    readonly registryCredentials?: string;
    readonly registryCa?: string;
    readonly repositories?: readonly string[];
    readonly repositoriesFile?: string;
    readonly projectMap?: readonly string[];
    readonly project: string;
    readonly dryRun?: boolean;
}

/** `anchorage migrate`: a stack moves into another one, or what was elsewhere comes into it. @param stackVerb adds a verb with the flags of a stack */
export function addMigrateCommand(stackVerb: (name: string, description: string) => Command, run: RunVerb): void {
    stackVerb(
        "migrate",
        "move the stack's registry into another cluster's; or copy a plain registry into it; resumable",
    )
        .option("--to <stack>", "the stack that the registry moves into: it is up, and shares the backup bucket")
        .addOption(new Option("--to-lab [name]", "that stack is rehearsed in that lab").preset("migration-target"))
        .option("--from <name>", "with --to: a complete backup of the stack; default: a new one")
        .option("--storage-class <old=new...>", "with --to: StorageClasses; default: the target's default one")
        .option("--overwrite", "with --to: the target has images that nobody needs")
        .option("--samples <number>", "with --to: images pulled by digest on both sides", positiveInteger, 20)
        .option("--plan", "with --to: only say what it would do, a line a step")
        .option("-y, --yes", "with --to: do not ask")
        .option("--from-registry <url>", "the registry, such as https://registry.example.com")
        .option("--registry-credentials <file>", "user:password or Docker's config.json; default: the environment")
        .option("--registry-ca <file>", "PEM of the CA that signed the registry's certificate")
        .option("--repositories <names...>", "only these; default: its catalogue")
        .option("--repositories-file <file>", "only those of this file, a name a line")
        .option("--project-map <old=new...>", "the project of repositories that begin with OLD/; default: OLD")
        .option("--project <name>", "project of repositories without a slash", "library")
        .option("--dry-run", "only compare, and say what would be copied")
        .addHelpText(
            "after",
            examples(
                ["npx anchorage migrate --stack old --to new --plan"],
                ["npx anchorage migrate --stack old --to new --yes", "the old one stays as it is"],
                ["npx anchorage migrate --from-registry https://registry.example.com --dry-run"],
                ["npx anchorage migrate --from-registry https://registry.example.com --project-map apps=team-a"],
            ) +
                "\nWho signs in to the registry: ANCHORAGE_REGISTRY_USER and ANCHORAGE_REGISTRY_PASSWORD, or " +
                "--registry-credentials.\n",
        )
        .action(async ({ fromRegistry, to, ...flags }: MigrateFlags) => {
            await run(flags, async (context) => {
                if ((fromRegistry === undefined) === (to === undefined)) {
                    const told =
                        to === undefined ? "is said neither where to, nor where from" : "goes both ways at once";
                    throw new UserError(`the migration ${told}`, {
                        next: [
                            "npx anchorage migrate --to STACK: this stack's registry into another cluster",
                            "npx anchorage migrate --from-registry URL: a plain registry into this stack",
                        ],
                        exitCode: ExitCode.usage,
                    });
                }
                if (to !== undefined) {
                    const { migrate } = require("../migrate") as typeof import("../migrate");
                    await migrate({ ...flags, to, yes: flags.yes ?? false }, context);
                    return undefined;
                }
                if (fromRegistry === undefined) return undefined;
                const { migrateRegistry } = require("../migrate-registry") as typeof import("../migrate-registry");
                await migrateRegistry({ ...flags, fromRegistry }, context);
                return undefined;
            });
        });
}
