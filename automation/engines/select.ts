import { ExitCode, UserError } from "../../lib/errors";
import type { Exec } from "../../lib/exec";
import type { Engine, StackSelection } from "../engine";
import { findPulumiCli, howToInstall, type CliSearch, type PulumiCli } from "./pulumi/find-cli";
import { clusterKind, readStackSettings } from "./stack-settings";

/* oxlint-disable typescript/no-require-imports -- lazy: only the engine that is chosen is loaded, and an adapter loads the SDK */

export type EngineWish = "auto" | "pulumi" | "rehearsal";

export interface SelectTools {
    readonly exec: Exec;
    readonly env: NodeJS.ProcessEnv;
    /** @default findPulumiCli */
    readonly findCli?: (tools: Pick<SelectTools, "exec" | "env">) => Promise<CliSearch>;
    /** @default createPulumiEngine */
    readonly pulumi?: (selection: StackSelection, cli: PulumiCli) => Engine;
    /** @default createRehearsalEngine */
    readonly rehearsal?: (selection: StackSelection) => Engine;
}

export interface Selected {
    readonly engine: Engine;
    /** One sentence: why it is this one. */
    readonly why: string;
}

/**
 * The engine for a stack. `auto` takes the pulumi CLI where there is one, and the rehearsal for a lab where
 * there is none. A lab that is on the rehearsal's record stays with it: two engines must not own the same objects.
 *
 * @throws UserError (exit code 2) without a CLI for a stack that needs one, (exit code 3) when the wish would
 * put a stack on the wrong engine
 */
export async function selectEngine(wish: EngineWish, selection: StackSelection, tools: SelectTools): Promise<Selected> {
    const { stack } = selection;
    await readStackSettings(selection); // says which file is missing, or no YAML
    const kind = (await clusterKind(selection)) ?? "none";
    const isLab = kind === "lab";
    const rehearsal = tools.rehearsal ?? createRehearsal;

    if (wish === "rehearsal") {
        if (!isLab) throw refusedRehearsal(stack, kind);
        return { engine: rehearsal(selection), why: "asked for with --engine rehearsal" };
    }
    const recorded = isLab ? await rehearsalWithResources(rehearsal(selection)) : undefined;
    if (recorded !== undefined) {
        if (wish === "pulumi") throw refusedTakeover(stack);
        return { engine: recorded, why: `stack ${stack} was brought up by it` };
    }
    const { cli, rejected } = await (tools.findCli ?? findPulumiCli)(tools);
    if (cli !== undefined) {
        const engine = (tools.pulumi ?? ((chosen, found) => createPulumi(chosen, found, tools)))(selection, cli);
        const asked = wish === "pulumi" ? ", asked for with --engine pulumi" : "";
        return { engine, why: `the pulumi CLI ${cli.version} is at ${cli.path}${asked}` };
    }
    const missing = rejected[0] ?? "no pulumi CLI on PATH or in the Pulumi home";
    if (isLab && wish === "auto") {
        return { engine: rehearsal(selection), why: `${missing}; stack ${stack} runs on the embedded cluster` };
    }
    throw new UserError(
        wish === "pulumi"
            ? "--engine pulumi needs the pulumi CLI, and there is none that can be used"
            : `stack ${stack} needs the pulumi CLI, and there is none that can be used`,
        {
            details: rejected.length > 0 ? rejected : [missing],
            next: [
                ...howToInstall,
                isLab
                    ? `or leave --engine out: stack ${stack} runs on the rehearsal engine, too`
                    : "or try the program on the embedded cluster first: npx anchorage up --stack lab",
            ],
            exitCode: ExitCode.usage,
        },
    );
}

async function rehearsalWithResources(engine: Engine): Promise<Engine | undefined> {
    return (await engine.resources()).length > 0 ? engine : undefined;
}

function refusedRehearsal(stack: string, kind: string): UserError {
    return new UserError(`the rehearsal engine works on labs only, and the cluster of stack ${stack} is ${kind}`, {
        next: [`npx anchorage preview --stack ${stack} --engine pulumi`, "npx anchorage up --stack lab"],
        exitCode: ExitCode.refused,
    });
}

function refusedTakeover(stack: string): UserError {
    return new UserError(`stack ${stack} was brought up by the rehearsal engine, which has its resources on record`, {
        next: [
            `take it down first: npx anchorage destroy --stack ${stack} --engine rehearsal`,
            "or go on with the rehearsal engine: leave --engine out",
        ],
        exitCode: ExitCode.refused,
    });
}

function createPulumi(selection: StackSelection, cli: PulumiCli, tools: SelectTools): Engine {
    const { createPulumiEngine } = require("./pulumi") as typeof import("./pulumi");
    return createPulumiEngine(selection, cli, tools);
}

function createRehearsal(selection: StackSelection): Engine {
    const { createRehearsalEngine } = require("./rehearsal") as typeof import("./rehearsal");
    return createRehearsalEngine(selection);
}
