/* oxlint-disable typescript/no-require-imports -- lazy: a relative import() would load the module a second time, as an ES module */
import type { Command } from "commander";
import type { RunVerb, StackFlags } from "../commands";
import type { AddStackVerb } from "./backup";
import { examples } from "./help";

interface UpgradePlanFlags extends StackFlags {
    readonly from?: string;
    readonly to?: string;
    readonly acceptEngineChange?: boolean;
}

/** `anchorage upgrade ...`: from one version of Harbor to another. */
export function addUpgradeCommands(program: Command, stackVerb: AddStackVerb, run: RunVerb): void {
    const upgrade = program
        .command("upgrade")
        .description("bring Harbor to a newer version, over hops that can be undone")
        .helpOption("-h, --help", "print this help")
        .helpCommand(false)
        .exitOverride();
    stackVerb("plan", "say which hops lead there, what changes and what clients will notice; touches nothing", upgrade)
        .option("--from <version>", "what is installed; default: it is read from the stack")
        .option("--to <version>", "default: harbor.version of the settings where newer, else the newest known")
        .option("--accept-engine-change", "a hop may rewrite the internal database with a newer PostgreSQL")
        .addHelpText(
            "after",
            examples(
                ["npx anchorage upgrade plan", "the stack `lab`, from what is installed"],
                ["npx anchorage upgrade plan --stack public --to 2.15.1"],
                ["npx anchorage upgrade plan --from 2.12 --to 2.15", "newest patches of these, no cluster is asked"],
            ) + "\nExit code 3: the upgrade must not be made; every reason is printed.\n",
        )
        .action(async (flags: UpgradePlanFlags) => {
            await run(flags, async (context) => {
                const { upgradePlan } = require("../upgrade/plan") as typeof import("../upgrade/plan");
                await upgradePlan(flags, context);
                return undefined;
            });
        });
}
