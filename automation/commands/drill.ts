/* oxlint-disable typescript/no-require-imports -- lazy: a relative import() would load the module a second time, as an ES module */
import { Option, type Command } from "commander";
import { engineWishes } from "../context";
import type { RunVerb, StackFlags } from "../commands";
import { examples } from "./help";
import type { AddVerb } from "./lab";
import { positiveInteger } from "./numbers";

interface DrillFlags extends StackFlags {
    readonly images: number;
    readonly plan?: boolean;
    readonly yes?: boolean;
    readonly destroyRegistryOf?: string;
}

/** `anchorage drill disaster`: loses a registry on purpose, and gets it back. */
export function addDrillCommands(program: Command, verb: AddVerb, run: RunVerb): void {
    const drill = program
        .command("drill")
        .description("tries the way back before it is needed")
        .helpOption("-h, --help", "print this help")
        .exitOverride()
        .addHelpText("after", examples(["npx anchorage drill disaster --stack lab --yes"]));

    verb(drill, "disaster", "back up, delete namespace, database and images, restore, compare every digest")
        .option("-s, --stack <name>", "the stack, Pulumi.<name>.yaml", "lab")
        .addOption(new Option("--engine <name>").choices(engineWishes).default("auto"))
        .option("--images <number>", "images that are pushed before", positiveInteger, 20)
        .option("--plan", "only say what it would do, a line a step")
        .option("--destroy-registry-of <stack>", "outside of a lab: the stack's name once more")
        .option("-y, --yes", "do not ask")
        .addHelpText(
            "after",
            examples(
                ["npx anchorage drill disaster --plan"],
                ["npx anchorage drill disaster --stack lab --yes", "how long it takes, and what is lost"],
            ),
        )
        .action(async (flags: DrillFlags) => {
            await run(flags, async (context) => {
                const { drillDisaster } = require("../drill") as typeof import("../drill");
                await drillDisaster({ ...flags, yes: flags.yes ?? false }, context);
                return undefined;
            });
        });
}
