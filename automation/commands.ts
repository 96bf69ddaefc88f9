/* eslint-disable @typescript-eslint/no-require-imports -- lazy: a relative import() would load the module a second time, as an ES module */
import { Command, Option } from "commander";
import { ExitCode, UserError } from "../lib/errors";
import { defaultLab } from "../lib/lab-commands";
import { planFormats, type PlanFormat } from "./plan-formats";
import { engineWishes, type Context, type EngineWish } from "./context";
import { rehearsalLab } from "./stack-files";

/**
 * The command line: which verbs there are, their flags, their help. A verb's module is loaded when the verb
 * runs, so that `--help` and `lab status` do not wait for what only `up` needs.
 */

/** Runs a verb; cli.ts makes the context and turns what it returns or throws into an exit code. */
export type RunVerb = (flags: CommonFlags, work: (context: Context) => Promise<ExitCode | undefined>) => Promise<void>;

export interface CommonFlags {
    readonly json?: boolean;
}

interface StackFlags extends CommonFlags {
    readonly stack: string;
    readonly engine: EngineWish;
    readonly lab?: string;
}

interface ConsentFlags extends StackFlags {
    readonly yes?: boolean;
}

export function buildCommands(run: RunVerb): Command {
    const program = new Command("anchorage")
        .description("A production Harbor registry on Kubernetes: bring it up, look at it, take it down.")
        .version(readVersion(), "--version", "print the version")
        .helpOption("-h, --help", "print this help")
        .helpCommand(false)
        .showSuggestionAfterError()
        .exitOverride()
        .addHelpText(
            "after",
            examples(
                ["npx anchorage start", "the lab and the stack `lab`, from nothing to a summary"],
                ["npx anchorage plan --stack public", "what it consists of, in words and as a picture"],
                ["npx anchorage preview --stack public", "what `up` would change"],
                ["npx anchorage up --stack dev --yes", "bring the stack `dev` up (KinD) without asking"],
                ["npx anchorage lab status", "each part of the lab, with the log of one that crashed"],
            ) +
                "\nExit codes:\n" +
                "  0    done\n  1    something failed\n  2    wrong use: bad flag or setting; nothing was touched\n" +
                "  3    refused by a check; nothing was touched\n  130  interrupted\n",
        );

    /** A verb with the flags that all verbs share. */
    const verb = (parent: Command, name: string, description: string): Command =>
        parent
            .command(name)
            .description(description)
            .helpOption("-h, --help", "print this help")
            .option("--json", "print one JSON object a line instead of text")
            .exitOverride();
    const stackVerb = (name: string, description: string): Command =>
        verb(program, name, description)
            .option("-s, --stack <name>", "the stack, Pulumi.<name>.yaml", "lab")
            .addOption(
                new Option("--engine <name>", "auto takes the pulumi CLI where there is one")
                    .choices(engineWishes)
                    .default("auto"),
            )
            .addOption(
                new Option(
                    "--lab [name]",
                    "rehearse it: on that lab's cluster and S3 in place of the stack's own",
                ).preset(rehearsalLab),
            );
    const labVerb = (name: string, description: string): Command =>
        verb(lab, name, description).option("-n, --name <name>", "the lab", defaultLab);
    const yes = ["-y, --yes", "do not ask"] as const;

    verb(program, "start", "start the lab and bring the stack `lab` up; ends with a summary")
        .addOption(new Option("--engine <name>").choices(engineWishes).default("auto"))
        .addHelpText("after", examples(["npx anchorage start"], ["npm start", "the same, installs dependencies first"]))
        .action(async (flags: StackFlags) => {
            await run(flags, async (context) => {
                const { start } = require("./start") as typeof import("./start");
                await start({ engine: flags.engine, lab: defaultLab }, context);
                return undefined;
            });
        });

    verb(program, "plan", "explain a stack by its settings: parts, data flow, what is retired, what is single")
        .option("-s, --stack <name>", "the stack, Pulumi.<name>.yaml", "lab")
        .addOption(new Option("-f, --format <format>").choices(planFormats).default("text"))
        .addHelpText(
            "after",
            examples(
                ["npx anchorage plan --stack public-ha"],
                ["npx anchorage plan --stack onprem --format markdown > onprem.md", "with a picture, for a wiki"],
            ),
        )
        .action(async (flags: CommonFlags & { readonly stack: string; readonly format: PlanFormat }) => {
            await run(flags, async (context) => {
                const { plan } = require("./plan") as typeof import("./plan");
                await plan(flags, context);
                return undefined;
            });
        });

    stackVerb("preview", "show what `up` would change; touches nothing")
        .addHelpText(
            "after",
            examples(["npx anchorage preview"], ["npx anchorage preview --stack public-ha --json", "for a pipeline"]),
        )
        .action(async (flags: StackFlags) => {
            await run(flags, async (context) => {
                const { preview } = require("./preview") as typeof import("./preview");
                await preview(flags, context);
                return undefined;
            });
        });

    stackVerb("up", "make the stack's resources as its settings say; shows the preview and asks")
        .option(...yes)
        .addHelpText(
            "after",
            examples(
                ["npx anchorage up"],
                ["npx anchorage up --stack dev --engine pulumi --yes", "in a pipeline"],
                ["npx anchorage up --stack public-ha --lab", "the whole stack in a lab of this machine"],
            ),
        )
        .action(async (flags: ConsentFlags) => {
            await run(flags, async (context) => {
                const { up } = require("./up") as typeof import("./up");
                await up({ ...flags, yes: flags.yes ?? false }, context);
                return undefined;
            });
        });

    stackVerb("destroy", "delete everything that the stack made; asks first")
        .option(...yes)
        .option("--unprotect", "delete protected resources too: keys without which no backup can be read")
        .addHelpText("after", examples(["npx anchorage destroy"], ["npx anchorage destroy --unprotect --yes"]))
        .action(async (flags: ConsentFlags & { readonly unprotect?: boolean }) => {
            await run(flags, async (context) => {
                const { destroy } = require("./destroy") as typeof import("./destroy");
                await destroy({ ...flags, yes: flags.yes ?? false, unprotect: flags.unprotect ?? false }, context);
                return undefined;
            });
        });

    stackVerb("outputs", "print the outputs of the last update")
        .argument("[name]", "print only the value of this one")
        .option("--show-secrets", "print secret values instead of [secret]")
        .addHelpText("after", examples(["npx anchorage outputs"], ["npx anchorage outputs registryUrl"]))
        .action(async (name: string | undefined, flags: StackFlags & { readonly showSecrets?: boolean }) => {
            await run(flags, async (context) => {
                const { outputs } = require("./outputs") as typeof import("./outputs");
                await outputs({ ...flags, name, showSecrets: flags.showSecrets ?? false }, context);
                return undefined;
            });
        });

    stackVerb("status", "print the stack's resources and whether its workloads are ready")
        .addHelpText("after", examples(["npx anchorage status"], ["npx anchorage status --stack dev --json"]))
        .action(async (flags: StackFlags) => {
            await run(flags, async (context) => {
                const { status } = require("./status") as typeof import("./status");
                return (await status(flags, context)) ? ExitCode.done : ExitCode.failed;
            });
        });

    stackVerb("open", "print the registry's addresses; --forward makes it reachable on this machine")
        .option("--forward", "start the port-forward and keep it until Ctrl-C")
        .addHelpText("after", examples(["npx anchorage open"], ["npx anchorage open --stack dev --forward"]))
        .action(async (flags: StackFlags & { readonly forward?: boolean }) => {
            await run(flags, async (context) => {
                const { open } = require("./open") as typeof import("./open");
                await open({ ...flags, forward: flags.forward ?? false }, context);
                return undefined;
            });
        });

    const lab = program
        .command("lab")
        .description("the embedded cluster: a real Kubernetes API and S3 on loopback, nothing to install")
        .helpOption("-h, --help", "print this help")
        .exitOverride()
        .addHelpText("after", examples(["npx anchorage lab start"], ["npx anchorage lab status"]));

    labVerb("start", "start the lab, or repair it; changes nothing where it runs")
        .option("--nodes <number>", "simulated nodes", positiveInteger)
        .addHelpText(
            "after",
            examples(["npx anchorage lab start"], ["npx anchorage lab start --name target --nodes 6"]),
        )
        .action(async (flags: CommonFlags & { readonly name: string; readonly nodes?: number }) => {
            await run(flags, async (context) => {
                const { labStart } = require("./lab-verbs") as typeof import("./lab-verbs");
                await labStart({ name: flags.name, nodes: flags.nodes }, context);
                return undefined;
            });
        });
    labVerb("stop", "stop the lab's processes; its data is kept")
        .addHelpText("after", examples(["npx anchorage lab stop"], ["npx anchorage lab stop --name target"]))
        .action(async (flags: CommonFlags & { readonly name: string }) => {
            await run(flags, async (context) => {
                const { labStop } = require("./lab-verbs") as typeof import("./lab-verbs");
                await labStop(flags.name, context);
                return undefined;
            });
        });
    labVerb("status", "print each part of the lab; exit code 1 when one crashed")
        .addHelpText("after", examples(["npx anchorage lab status"], ["npx anchorage lab status --json"]))
        .action(async (flags: CommonFlags & { readonly name: string }) => {
            await run(flags, async (context) => {
                const { labStatus } = require("./lab-verbs") as typeof import("./lab-verbs");
                return (await labStatus(flags.name, context)) ? ExitCode.done : ExitCode.failed;
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
                const { labKubeconfig } = require("./lab-verbs") as typeof import("./lab-verbs");
                await labKubeconfig(flags.name, flags.export ?? false, context);
                return undefined;
            });
        });
    labVerb("reset", "stop the lab and delete everything in it; asks first")
        .option(...yes)
        .addHelpText("after", examples(["npx anchorage lab reset"], ["npx anchorage lab reset --name target --yes"]))
        .action(async (flags: CommonFlags & { readonly name: string; readonly yes?: boolean }) => {
            await run(flags, async (context) => {
                const { labReset } = require("./lab-verbs") as typeof import("./lab-verbs");
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
                const { labCharts } = require("./lab-charts") as typeof import("./lab-charts");
                await labCharts({ name: flags.name, operators }, context);
                return undefined;
            });
        });
    verb(lab, "tools", "resolve the lab's binaries (cache, official release, or a build) and say where they are")
        .addHelpText("after", examples(["npx anchorage lab tools"], ["npx anchorage lab tools --json"]))
        .action(async (flags: CommonFlags) => {
            await run(flags, async (context) => {
                const { labTools } = require("./lab-verbs") as typeof import("./lab-verbs");
                await labTools(context);
                return undefined;
            });
        });
    return program;
}

function examples(...rows: readonly (readonly [command: string, comment?: string])[]): string {
    const width = Math.max(...rows.map(([command]) => command.length));
    const lines = rows.map(([command, comment]) =>
        comment === undefined ? `  $ ${command}` : `  $ ${command.padEnd(width)}  # ${comment}`,
    );
    return `\nExamples:\n${lines.join("\n")}\n`;
}

function positiveInteger(text: string): number {
    const n = Number(text);
    if (Number.isInteger(n) && n > 0) return n;
    throw new UserError(`${JSON.stringify(text)} is no number of nodes`, {
        next: ["give a whole number of 1 or more"],
        exitCode: ExitCode.usage,
    });
}

function readVersion(): string {
    return (require("../package.json") as { version: string }).version;
}
