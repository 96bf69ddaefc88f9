/* eslint-disable @typescript-eslint/no-require-imports -- lazy: a relative import() would load the module a second time, as an ES module */
import type { Command } from "commander";
import { ExitCode, UserError } from "../../lib/errors";
import type { RunVerb, StackFlags } from "../commands";
import { examples } from "./help";

interface MigrateFlags extends StackFlags {
    readonly fromRegistry?: string;
    readonly registryCredentials?: string;
    readonly registryCa?: string;
    readonly repositories?: readonly string[];
    readonly repositoriesFile?: string;
    readonly projectMap?: readonly string[];
    readonly project: string;
    readonly dryRun?: boolean;
}

/** `anchorage migrate`: what was elsewhere comes into the stack. @param stackVerb adds a verb with the flags of a stack */
export function addMigrateCommand(stackVerb: (name: string, description: string) => Command, run: RunVerb): void {
    stackVerb("migrate", "copy a plain registry into the stack's Harbor: every tag with its digest; resumable")
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
                ["npx anchorage migrate --from-registry https://registry.example.com --dry-run"],
                ["npx anchorage migrate --from-registry https://registry.example.com --project-map apps=team-a"],
            ) +
                "\nWho signs in to the registry: ANCHORAGE_REGISTRY_USER and ANCHORAGE_REGISTRY_PASSWORD, or " +
                "--registry-credentials.\n",
        )
        .action(async ({ fromRegistry, ...flags }: MigrateFlags) => {
            await run(flags, async (context) => {
                if (fromRegistry === undefined) {
                    throw new UserError("nothing is said to migrate from", {
                        next: ["npx anchorage migrate --from-registry URL"],
                        exitCode: ExitCode.usage,
                    });
                }
                const { migrateRegistry } = require("../migrate-registry") as typeof import("../migrate-registry");
                await migrateRegistry({ ...flags, fromRegistry }, context);
                return undefined;
            });
        });
}
