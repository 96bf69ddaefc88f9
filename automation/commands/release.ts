/* oxlint-disable typescript/no-require-imports -- lazy: a relative import() would load the module a second time, as an ES module */
import type { RunVerb, StackFlags } from "../commands";
import type { AddStackVerb } from "./backup";
import { acceptEngineChange, allow, lockTimeout, policyPack, yes } from "./flags";
import { examples } from "./help";
import { positiveInteger } from "./numbers";

interface ReleaseFlags extends StackFlags {
    readonly yes?: boolean;
    readonly acceptEngineChange?: boolean;
    readonly policyPack?: readonly string[];
    readonly allow?: readonly string[];
    readonly wait?: number;
    readonly report?: string;
    readonly autoRollback?: boolean;
}

export function addReleaseCommand(stackVerb: AddStackVerb, run: RunVerb): void {
    stackVerb("release", "bring a change of the settings in as a pipeline does: backed up, verified, or put back")
        .option(...yes)
        .option(...acceptEngineChange)
        .option(...allow)
        .option("--wait <seconds>", "that the registry has to get ready (default: 900)", positiveInteger)
        .option("--report <folder>", "of the reports; default: reports in .anchorage")
        .option("--no-auto-rollback", "leave what fails its checks as it is, to be looked at")
        .option(lockTimeout[0], "how long to wait for another command on the stack (default: 600)", positiveInteger)
        .option(...policyPack)
        .addHelpText(
            "after",
            examples(
                ["npx anchorage release --stack public"],
                [
                    "npx anchorage release --stack public --yes --report out",
                    "in a pipeline; a killed one: the same again",
                ],
            ),
        )
        .action(async (flags: ReleaseFlags) => {
            await run(flags, async (context) => {
                const { release } = require("../release") as typeof import("../release");
                await release({ ...flags, yes: flags.yes ?? false }, context);
                return undefined;
            });
        });
}
