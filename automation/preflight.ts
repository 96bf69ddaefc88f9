/* oxlint-disable typescript/no-require-imports -- lazy: the first start of a lab waits for none of it */
import type { DatabaseOutput, ReleaseOutput } from "../config/contract";
import type { Settings } from "../config/schema";
import { ExitCode, UserError } from "../lib/errors";
import type { Context, SelectedEngine, StackOptions } from "./context";
import type { Outputs } from "./engine";
import { stackFlags } from "./stack-files";

export interface PreflightOptions extends StackOptions {
    /** Go on where the internal database gets another major version of PostgreSQL. @default false */
    readonly acceptEngineChange?: boolean | undefined;
    /** Whether the way to another Harbor is planned elsewhere, hop by hop. @default false */
    readonly plansHops?: boolean;
}

/** What the last update installed. */
interface Installed {
    readonly release: ReleaseOutput;
    readonly database: DatabaseOutput | undefined;
}

/**
 * What is known of a stack only from the world outside of its settings: the Kubernetes of its cluster, and the Harbor
 * that is installed. A `pulumi up` by hand does not pass here.
 *
 * @returns the outputs of the last update; empty before the first
 * @throws UserError (exit code 3) with every reason why the update must not be made
 */
export async function preflight(
    { engine }: SelectedEngine,
    options: PreflightOptions,
    context: Context,
): Promise<Outputs> {
    const outputs = await engine.outputs();
    // Of an update that failed, only some outputs may be there.
    const release = outputs["release"]?.value as ReleaseOutput | undefined;
    const database = outputs["database"]?.value as DatabaseOutput | undefined;
    // That engine works on labs alone: nothing is asked of a lab, unless it stands for a cluster.
    if (release === undefined && engine.name === "rehearsal" && options.lab === undefined) return outputs;
    const settings = await settingsOf(options, context);
    if (settings === undefined) return outputs;
    const { checkLiveKubernetes } = require("./live-kubernetes") as typeof import("./live-kubernetes");
    const kubernetes = await checkLiveKubernetes(settings, options, context);
    for (const warning of kubernetes.warnings) context.reporter.warn(warning);
    const { jobAsksOldHost } = require("../config/schema-migration") as typeof import("../config/schema-migration");
    const asksOldHost = jobAsksOldHost(database, settings);
    if (asksOldHost !== undefined) context.reporter.warn(asksOldHost);
    const { plansHops = false, acceptEngineChange = false } = options;
    const hop = release === undefined || plansHops ? [] : hopOf({ release, database }, settings, acceptEngineChange);
    const rewrite = await rewriteOf(outputs, settings, options, context);
    const refusals = [...hop, ...kubernetes.refusals, ...rewrite];
    if (refusals.length === 0) return outputs;
    throw new UserError(`stack ${options.stack} is not touched`, {
        details: refusals,
        next: [
            `edit Pulumi.${options.stack}.yaml, or do what the sentences say`,
            ...(hop.length === 0
                ? []
                : [`npx anchorage upgrade plan${stackFlags(options)} shows the way to another Harbor`]),
            ...(rewrite.length === 0
                ? []
                : [`npx anchorage upgrade parts${stackFlags(options)} rewrites it with a backup, and a way back`]),
        ],
        exitCode: ExitCode.refused,
    });
}

/** Sentences on why the PostgreSQL that an operator runs must not become that of the settings. */
async function rewriteOf(
    outputs: Outputs,
    settings: Settings,
    { acceptEngineChange = false }: PreflightOptions,
    context: Context,
): Promise<string[]> {
    const { exec, signal, reporter } = context;
    const { kind } = settings.database;
    const installed = outputs["database"]?.value as DatabaseOutput | undefined;
    if ((kind !== "cloudnative-pg" && kind !== "zalando") || installed?.kind !== kind) return [];
    const { liveDatabase } = require("./upgrade/live-parts") as typeof import("./upgrade/live-parts");
    const { planParts } = require("../config/upgrade-parts") as typeof import("../config/upgrade-parts");
    const { readStackOutputs } = require("./stack-outputs") as typeof import("./stack-outputs");
    const whole = readStackOutputs(outputs);
    if (whole === undefined) return [];
    let database: Awaited<ReturnType<typeof liveDatabase>>;
    try {
        database = await liveDatabase(whole, { exec, kubectl: await context.kubectl(whole.cluster), signal });
    } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof UserError)) throw error;
        reporter.warn(`which PostgreSQL runs is not checked beforehand: ${error.message}`);
        return [];
    }
    if (database === undefined) return [];
    return [...planParts({ operators: {}, database }, settings, { engineChange: acceptEngineChange }).refusals];
}

/** Undefined where only the engine can read them (an environment of Pulumi ESC): the program says what is wrong with them. */
async function settingsOf({ stack }: StackOptions, { projectRoot, reporter }: Context): Promise<Settings | undefined> {
    const { readableSettings } = require("./readable-settings") as typeof import("./readable-settings");
    try {
        return await readableSettings(projectRoot, stack);
    } catch (error) {
        if (!(error instanceof UserError)) throw error;
        reporter.warn(
            `not checked beforehand: Pulumi.${stack}.yaml alone is no whole settings (${error.details[0] ?? error.message})`,
        );
        return undefined;
    }
}

/** Sentences on why the installed Harbor must not become that of the settings. */
function hopOf({ release, database }: Installed, settings: Settings, engineChange: boolean): string[] {
    const { refuseHop } = require("../config/harbor-hop") as typeof import("../config/harbor-hop");
    const hop = {
        from: release.harborVersion,
        to: settings.harbor.version,
        // Outputs of an older program do not say where the data was; nobody moved it by the way.
        internalDatabase: settings.database.kind === "internal" && (database?.kind ?? "internal") === "internal",
    };
    return refuseHop(hop, { engineChange }).map(({ sentence }) => sentence);
}
