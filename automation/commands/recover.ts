/* oxlint-disable typescript/no-require-imports -- lazy: a relative import() would load the module a second time, as an ES module */
import type { RunVerb, StackFlags } from "../commands";
import type { AddStackVerb } from "./backup";
import { examples } from "./help";

/** `anchorage recover`: what a killed command left is put right. */
export function addRecoverCommand(stackVerb: AddStackVerb, run: RunVerb): void {
    stackVerb("recover", "put right what a killed command left: locks, pending operations, a pending Helm release")
        .addHelpText("after", examples(["npx anchorage recover --stack public"]))
        .action(async (flags: StackFlags) => {
            await run(flags, async (context) => {
                const { recover } = require("../recover") as typeof import("../recover");
                await recover(flags, context);
                return undefined;
            });
        });
}
