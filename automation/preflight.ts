import { refuseHop } from "../config/harbor-hop";
import type { DatabaseOutput, ReleaseOutput } from "../config/contract";
import type { Settings } from "../config/schema";
import { ExitCode, UserError } from "../lib/errors";
import type { Context, SelectedEngine, StackOptions } from "./context";
import type { Outputs } from "./engine";
import { checkLiveKubernetes } from "./live-kubernetes";
import { readableSettings } from "./readable-settings";

export interface PreflightOptions extends StackOptions {
    /** Go on where the internal database gets another major version of PostgreSQL. @default false */
    readonly acceptEngineChange?: boolean | undefined;
}

/**
 * What is known of a stack only from the world outside of its settings: the Kubernetes of its cluster, and the Harbor
 * that is installed. A `pulumi up` by hand does not pass here.
 *
 * @throws UserError (exit code 3) with every reason why the update must not be made
 */
export async function preflight(
    { engine }: SelectedEngine,
    options: PreflightOptions,
    context: Context,
): Promise<void> {
    const settings = await settingsOf(options, context);
    if (settings === undefined) return;
    const [outputs, kubernetes] = await Promise.all([
        engine.outputs(),
        checkLiveKubernetes(settings, options, context),
    ]);
    for (const warning of kubernetes.warnings) context.reporter.warn(warning);
    const refusals = [...hopOf(outputs, settings, options.acceptEngineChange ?? false), ...kubernetes.refusals];
    if (refusals.length === 0) return;
    throw new UserError(`stack ${options.stack} is not touched`, {
        details: refusals,
        next: [`edit Pulumi.${options.stack}.yaml, or do what the sentences say`],
        exitCode: ExitCode.refused,
    });
}

/** Undefined where only the engine can read them (an environment of Pulumi ESC): the program says what is wrong with them. */
async function settingsOf({ stack }: StackOptions, { projectRoot, reporter }: Context): Promise<Settings | undefined> {
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
function hopOf(outputs: Outputs, settings: Settings, engineChange: boolean): string[] {
    // Of an update that failed, only some outputs may be there.
    const release = outputs["release"]?.value as ReleaseOutput | undefined;
    if (release === undefined) return [];
    const database = outputs["database"]?.value as DatabaseOutput | undefined;
    const hop = {
        from: release.harborVersion,
        to: settings.harbor.version,
        // Outputs of an older program do not say where the data was; nobody moved it by the way.
        internalDatabase: settings.database.kind === "internal" && (database?.kind ?? "internal") === "internal",
    };
    return refuseHop(hop, { engineChange }).map(({ sentence }) => sentence);
}
