/* oxlint-disable typescript/no-require-imports -- lazy: a relative import() would load the module a second time, as an ES module */
import type { Command } from "commander";
import { ExitCode, UserError } from "../../lib/errors";
import { defaultLab } from "../../lib/lab-commands";
import type { CommonFlags, RunVerb } from "../commands";
import { examples } from "./help";

/** Adds a verb with the flags that all verbs share. */
export type AddVerb = (parent: Command, name: string, description: string) => Command;

/** `anchorage lab ...`: the embedded cluster. */
export function addLabCommands(program: Command, verb: AddVerb, run: RunVerb): void {
    const yes = ["-y, --yes", "do not ask"] as const;
    const lab = program
        .command("lab")
        .description("the embedded cluster: a real Kubernetes API and S3 on loopback, nothing to install")
        .helpOption("-h, --help", "print this help")
        .exitOverride()
        .addHelpText("after", examples(["npx anchorage lab start"], ["npx anchorage lab status"]));

    const labVerb = (name: string, description: string): Command =>
        verb(lab, name, description).option("-n, --name <name>", "the lab", defaultLab);
    labVerb("start", "start the lab, or repair it; changes nothing where it runs")
        .option("--nodes <number>", "simulated nodes", positiveInteger)
        .addHelpText(
            "after",
            examples(["npx anchorage lab start"], ["npx anchorage lab start --name target --nodes 6"]),
        )
        .action(async (flags: CommonFlags & { readonly name: string; readonly nodes?: number }) => {
            await run(flags, async (context) => {
                const { labStart } = require("../lab-verbs") as typeof import("../lab-verbs");
                await labStart({ name: flags.name, nodes: flags.nodes }, context);
                return undefined;
            });
        });
    labVerb("stop", "stop the lab's processes; its data is kept")
        .addHelpText("after", examples(["npx anchorage lab stop"], ["npx anchorage lab stop --name target"]))
        .action(async (flags: CommonFlags & { readonly name: string }) => {
            await run(flags, async (context) => {
                const { labStop } = require("../lab-verbs") as typeof import("../lab-verbs");
                await labStop(flags.name, context);
                return undefined;
            });
        });
    labVerb("status", "print each part of the lab; exit code 1 when one crashed")
        .addHelpText("after", examples(["npx anchorage lab status"], ["npx anchorage lab status --json"]))
        .action(async (flags: CommonFlags & { readonly name: string }) => {
            await run(flags, async (context) => {
                const { labStatus } = require("../lab-verbs") as typeof import("../lab-verbs");
                return (await labStatus(flags.name, context)) ? ExitCode.done : ExitCode.failed;
            });
        });
    verb(lab, "list", "print the labs that there are, with their state and memory")
        .addHelpText("after", examples(["npx anchorage lab list"], ["npx anchorage lab list --json"]))
        .action(async (flags: CommonFlags) => {
            await run(flags, async (context) => {
                const { labList } = require("../lab-verbs") as typeof import("../lab-verbs");
                await labList(context);
                return undefined;
            });
        });
    labVerb("kubeconfig", "print the path of the lab's kubeconfig")
        .option("--export", "print a line for eval")
        .addHelpText(
            "after",
            examples(
                ["kubectl --kubeconfig $(npx anchorage lab kubeconfig) get pods -A"],
                ["eval $(npx anchorage lab kubeconfig --export)"],
            ),
        )
        .action(async (flags: CommonFlags & { readonly name: string; readonly export?: boolean }) => {
            await run(flags, async (context) => {
                const { labKubeconfig } = require("../lab-verbs") as typeof import("../lab-verbs");
                await labKubeconfig(flags.name, flags.export ?? false, context);
                return undefined;
            });
        });
    labVerb("reset", "stop the lab and delete everything in it; asks first")
        .option(...yes)
        .addHelpText("after", examples(["npx anchorage lab reset"], ["npx anchorage lab reset --name target --yes"]))
        .action(async (flags: CommonFlags & { readonly name: string; readonly yes?: boolean }) => {
            await run(flags, async (context) => {
                const { labReset } = require("../lab-verbs") as typeof import("../lab-verbs");
                await labReset({ name: flags.name, yes: flags.yes ?? false }, context);
                return undefined;
            });
        });
    labVerb(
        "charts",
        "make the contract charts of operators for the lab and say where they are; no network once cached",
    )
        .argument("[operators...]", "ids as in the settings `operators`; default: all")
        .addHelpText(
            "after",
            examples(
                ["npx anchorage lab charts"],
                ["npx anchorage lab charts cert-manager cloudnative-pg --json", "two of them, for a script"],
            ),
        )
        .action(async (operators: readonly string[], flags: CommonFlags & { readonly name: string }) => {
            await run(flags, async (context) => {
                const { labCharts } = require("../lab-charts") as typeof import("../lab-charts");
                await labCharts({ name: flags.name, operators }, context);
                return undefined;
            });
        });
    verb(lab, "tools", "resolve the lab's binaries (cache, official release, or a build) and say where they are")
        .addHelpText("after", examples(["npx anchorage lab tools"], ["npx anchorage lab tools --json"]))
        .action(async (flags: CommonFlags) => {
            await run(flags, async (context) => {
                const { labTools } = require("../lab-verbs") as typeof import("../lab-verbs");
                await labTools(context);
                return undefined;
            });
        });
}

function positiveInteger(text: string): number {
    const n = Number(text);
    if (Number.isInteger(n) && n > 0) return n;
    throw new UserError(`${JSON.stringify(text)} is no number of nodes`, {
        next: ["give a whole number of 1 or more"],
        exitCode: ExitCode.usage,
    });
}
