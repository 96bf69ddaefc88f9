/* oxlint-disable typescript/no-require-imports -- lazy: a relative import() would load the module a second time, as an ES module */
import { InvalidArgumentError, type Command } from "commander";
import type { RunVerb, StackFlags } from "../commands";
import type { AddStackVerb } from "./backup";
import { examples } from "./help";

interface UpgradeFlags extends StackFlags {
    readonly yes?: boolean;
    readonly wait?: number;
    readonly report?: string;
}

interface ForwardFlags extends UpgradeFlags {
    readonly maxBackupAge?: number;
    readonly autoRollback?: boolean;
}

interface RunFlags extends ForwardFlags {
    readonly to?: string;
    readonly acceptEngineChange?: boolean;
}

interface PartsFlags extends ForwardFlags {
    readonly plan?: boolean;
    readonly acceptEngineChange?: boolean;
}

type Run = typeof import("../upgrade/run");

/** `anchorage upgrade run|resume|rollback`, beside `upgrade plan`, which is there already. */
export function addUpgradeRunCommands(program: Command, stackVerb: AddStackVerb, run: RunVerb): void {
    const upgrade = program.commands.find((command) => command.name() === "upgrade");
    if (upgrade === undefined) throw new Error("the command upgrade is not there yet");
    const common = (command: Command): Command =>
        command
            .option("-y, --yes", "do not ask")
            .option("--wait <seconds>", "that a release has to get ready (default: 900)", amount)
            .option("--report <folder>", "of the reports; default: reports in .anchorage");
    const forward = (command: Command): Command =>
        common(command)
            .option("--max-backup-age <minutes>", "an older backup is not good enough (default: 60)", amount)
            .option("--no-auto-rollback", "leave a hop that failed as it is, read-only, to be looked at");
    const work = async (flags: UpgradeFlags, verb: (upgrades: Run) => Parameters<RunVerb>[1]): Promise<void> =>
        run(flags, (context) => verb(require("../upgrade/run") as Run)(context));

    forward(stackVerb("run", "carry the plan out: each hop with its backup, verified, or rolled back", upgrade))
        .option("--to <version>", "default: harbor.version of the settings where newer, else the newest known")
        .option("--accept-engine-change", "a hop may rewrite the internal database with a newer PostgreSQL")
        .addHelpText(
            "after",
            examples(
                ["npx anchorage upgrade run --stack public"],
                ["npx anchorage upgrade run --stack public --to 2.15.1 --yes", "in a pipeline"],
            ),
        )
        .action((flags: RunFlags) =>
            work(flags, ({ upgradeRun }) => async (context) => {
                await upgradeRun({ ...flags, yes: flags.yes ?? false }, context);
                return undefined;
            }),
        );
    forward(stackVerb("resume", "go on with an upgrade, or a rollback, that was killed or left", upgrade))
        .addHelpText("after", examples(["npx anchorage upgrade resume --stack public"]))
        .action((flags: ForwardFlags) =>
            work(flags, ({ upgradeResume }) => async (context) => {
                await upgradeResume({ ...flags, yes: flags.yes ?? false }, context);
                return undefined;
            }),
        );
    forward(
        stackVerb(
            "parts",
            "operators and an operator's PostgreSQL, to what the settings and the catalogue say",
            upgrade,
        ),
    )
        .option("--plan", "only say what would be done")
        .option("--accept-engine-change", "PostgreSQL may be rewritten with another major version")
        .addHelpText(
            "after",
            examples(
                ["npx anchorage upgrade parts --stack public --plan"],
                ["npx anchorage upgrade parts --stack public --accept-engine-change", "database.version is another"],
            ),
        )
        .action((flags: PartsFlags) =>
            run(flags, async (context) => {
                const { upgradeParts } = require("../upgrade/parts") as typeof import("../upgrade/parts");
                await upgradeParts({ ...flags, yes: flags.yes ?? false }, context);
                return undefined;
            }),
        );
    common(stackVerb("rollback", "put the Harbor before the last hop back, with its database", upgrade))
        .option("--to <version>", "the Harbor to go back to, over every hop since (default: over one hop)")
        .addHelpText(
            "after",
            examples(
                ["npx anchorage upgrade rollback --stack public"],
                ["npx anchorage upgrade rollback --stack public --to 2.12.2", "over two hops"],
            ),
        )
        .action((flags: UpgradeFlags & { readonly to?: string }) =>
            run(flags, async (context) => {
                const { upgradeRollback } = require("../upgrade/rollback") as typeof import("../upgrade/rollback");
                await upgradeRollback({ ...flags, yes: flags.yes ?? false }, context);
                return undefined;
            }),
        );
}

function amount(text: string): number {
    const value = Number(text);
    if (text !== "" && Number.isFinite(value) && value >= 0) return value;
    throw new InvalidArgumentError("a number is needed, 0 or more.");
}
