/* oxlint-disable typescript/no-require-imports -- lazy: a relative import() would load the module a second time, as an ES module */
import type { Command } from "commander";
import type { CommonFlags, RunVerb } from "../commands";
import { examples } from "./help";
import type { AddVerb } from "./lab";

/** `anchorage catalogue ...`: what the program knows of Harbor's releases. */
export function addCatalogueCommands(program: Command, verb: AddVerb, run: RunVerb): void {
    const catalogue = program
        .command("catalogue")
        .description("what the program knows of Harbor's releases")
        .helpOption("-h, --help", "print this help")
        .helpCommand(false)
        .exitOverride();
    verb(catalogue, "check", "compare it with the chart repository; exit code 1 names what differs and what is newer")
        .option("--repository <url>", "address of a Helm repository; default: https://helm.goharbor.io")
        .addHelpText("after", examples(["npx anchorage catalogue check"], ["npx anchorage catalogue check --json"]))
        .action(async (flags: CommonFlags & { readonly repository?: string }) => {
            await run(flags, async (context) => {
                const { catalogueCheck } = require("../catalogue/check") as typeof import("../catalogue/check");
                return catalogueCheck(flags, context);
            });
        });
}
