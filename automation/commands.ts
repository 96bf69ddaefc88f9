/* oxlint-disable typescript/no-require-imports -- lazy: a relative import() would load the module a second time, as an ES module */
import { Command, Option } from "commander";
import { ExitCode } from "../lib/errors";
import { defaultLab } from "../lib/lab-commands";
import { planFormats, type PlanFormat } from "./plan-formats";
import { acceptEngineChange, allow, lockTimeout, policyPack, yes } from "./commands/flags";
import { examples } from "./commands/help";
import { addBackupCommands } from "./commands/backup";
import { addCatalogueCommands } from "./commands/catalogue";
import { addDrillCommands } from "./commands/drill";
import { addLabCommands, type AddVerb } from "./commands/lab";
import { addMigrateCommand } from "./commands/migrate";
import { addRecoverCommand } from "./commands/recover";
import { addReleaseCommand } from "./commands/release";
import { addRestoreCommand } from "./commands/restore";
import { addUpgradeCommands } from "./commands/upgrade";
import { addUpgradeRunCommands } from "./commands/upgrade-run";
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

export interface StackFlags extends CommonFlags {
    readonly stack: string;
    readonly engine: EngineWish;
    readonly lab?: string;
    readonly lockTimeout?: number;
}

interface UpdateFlags extends StackFlags {
    readonly acceptEngineChange?: boolean;
    readonly policyPack?: readonly string[];
}

interface AllowFlags {
    readonly allow?: readonly string[];
}

interface PreviewFlags extends AllowFlags {
    readonly report?: string;
    readonly exitCode?: boolean;
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
                "  3    refused by a check; nothing was touched\n" +
                "  4    with preview --exit-code: there are changes\n" +
                "  5    a change would lose data or keys: see --allow\n  130  interrupted\n",
        );

    /** A verb with the flags that all verbs share. */
    const verb: AddVerb = (parent, name, description) =>
        parent
            .command(name)
            .description(description)
            .helpOption("-h, --help", "print this help")
            .option("--json", "print one JSON object a line instead of text")
            .exitOverride();
    const stackVerb = (name: string, description: string, parent: Command = program): Command =>
        verb(parent, name, description)
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
        .option(...acceptEngineChange)
        .option(...policyPack)
        .option("--report <folder>", "write report.json, report.md and report.html: what each change does, in words")
        .option("--exit-code", "end with 0 for no change, 4 for changes, 5 for dangerous ones")
        .option(...allow)
        .addHelpText(
            "after",
            examples(
                ["npx anchorage preview"],
                ["npx anchorage preview --stack public-ha --json", "for a pipeline"],
                ["npx anchorage preview --stack public --lab --policy-pack policies", "with our promises as rules"],
                ["npx anchorage preview --stack public --report out --exit-code", "for a pull request"],
            ),
        )
        .action(async (flags: UpdateFlags & PreviewFlags) => {
            await run(flags, async (context) => {
                if (flags.report !== undefined || flags.exitCode === true || flags.allow !== undefined) {
                    const { reportedPreview } =
                        require("./preview-report/verb") as typeof import("./preview-report/verb");
                    return reportedPreview({ ...flags, exitCode: flags.exitCode ?? false }, context);
                }
                const { preview } = require("./preview") as typeof import("./preview");
                await preview(flags, context);
                return undefined;
            });
        });

    stackVerb("up", "make the stack's resources as its settings say; shows the preview and asks")
        .option(...yes)
        .option(...acceptEngineChange)
        .option(...allow)
        .option(...lockTimeout)
        .option(...policyPack)
        .addHelpText(
            "after",
            examples(
                ["npx anchorage up"],
                ["npx anchorage up --stack dev --engine pulumi --yes", "in a pipeline"],
                ["npx anchorage up --stack public-ha --lab", "the whole stack in a lab of this machine"],
            ),
        )
        .action(async (flags: ConsentFlags & UpdateFlags & AllowFlags) => {
            await run(flags, async (context) => {
                const { up } = require("./up") as typeof import("./up");
                await up({ ...flags, yes: flags.yes ?? false }, context);
                return undefined;
            });
        });

    stackVerb("destroy", "delete everything that the stack made; asks first")
        .option(...yes)
        .option(...lockTimeout)
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

    stackVerb("verify", "check that the registry works, from the certificate to a signed image; deletes what it made")
        .option("--plan", "only say what it would do, a line a step")
        .addHelpText(
            "after",
            examples(
                ["npx anchorage verify"],
                ["npx anchorage verify --stack public --json", "after a release, in a pipeline"],
            ),
        )
        .action(async (flags: StackFlags & { readonly plan?: boolean }) => {
            await run(flags, async (context) => {
                const { verify } = require("./verify") as typeof import("./verify");
                await verify(flags, context);
                return undefined;
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

    addBackupCommands(stackVerb, run);
    addRestoreCommand(stackVerb, run);
    addMigrateCommand(stackVerb, run);
    addUpgradeCommands(program, stackVerb, run);
    addUpgradeRunCommands(program, stackVerb, run);
    addReleaseCommand(stackVerb, run);
    addRecoverCommand(stackVerb, run);
    addDrillCommands(program, verb, run);
    addCatalogueCommands(program, verb, run);
    addLabCommands(program, verb, run);
    return program;
}

function readVersion(): string {
    return (require("../package.json") as { version: string }).version;
}
