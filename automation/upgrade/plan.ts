/* oxlint-disable typescript/no-require-imports -- lazy: with --from no cluster is asked */
import { findHarborRelease, harborReleases, knownHarborReleases, minorOf } from "../../config/catalogue";
import type { Settings } from "../../config/schema";
import { schemaMigrationOf, type SchemaMigration } from "../../config/schema-migration";
import { expectedDowntime, type ExpectedDowntime } from "../../config/upgrade-downtime";
import { findKnownRelease, planUpgrade, type UpgradePlan, type UpgradeRefusal } from "../../config/upgrade-plan";
import { ExitCode, UserError } from "../../lib/errors";
import type { Context, StackOptions } from "../context";
import { readableSettings } from "../readable-settings";
import { renderUpgradePlan } from "../render/upgrade-plan";
import { requireStack, stackFlags } from "../stack-files";
import { requireStackOutputs } from "../stack-outputs";

export interface UpgradePlanOptions extends StackOptions {
    /** What is installed: `2.14.4`, or `2.14` for its newest patch; default: what the stack's last update installed. */
    readonly from?: string | undefined;
    /**
     * What is to be installed, as above; default: harbor.version of the settings where that is newer than what is installed,
     * else the newest release of the catalogue.
     */
    readonly to?: string | undefined;
    /** A hop may rewrite the internal database with a newer PostgreSQL. @default false */
    readonly acceptEngineChange?: boolean | undefined;
}

/** An upgrade of one stack, as it was planned. */
export interface StackUpgradePlan extends UpgradePlan {
    readonly stack: string;
    /** Whether `from` was read from the stack, or said. */
    readonly live: boolean;
    /** What clients are expected to notice, a hop each. */
    readonly expected: readonly ExpectedDowntime[];
    /** Who brings the schema of the database forward on each hop. */
    readonly migration: SchemaMigration;
    /** What is backed up before each hop: sentences. */
    readonly backup: readonly string[];
}

/**
 * `anchorage upgrade plan`: prints the way to another Harbor, what changes on it and what clients will notice. Touches nothing.
 * @throws UserError with exit code 3 and every reason, where the upgrade must not be made
 */
export async function upgradePlan(options: UpgradePlanOptions, context: Context): Promise<void> {
    const { reporter } = context;
    const plan = await planStackUpgrade(options, context);
    reporter.event({ kind: "result", verb: "upgrade plan", ...plan });
    for (const line of renderUpgradePlan(plan, reporter.style)) reporter.line(line);
    for (const warning of plan.warnings) reporter.warn(warning);
    refuseUpgrade(plan);
}

/** @throws UserError (exit code 3) with every reason why that upgrade must not be made */
export function refuseUpgrade({ stack, from, to, refusals }: StackUpgradePlan): void {
    if (refusals.length === 0) return;
    throw new UserError(`stack ${stack} must not be upgraded from ${from} to ${to}`, {
        details: refusals.map(({ sentence }) => sentence),
        next: ["do what the sentences say; nothing was touched"],
        exitCode: ExitCode.refused,
    });
}

/**
 * Plans without printing, for the verbs that carry a plan out.
 * @throws UserError (exit code 2) for a version that the catalogue does not know, and for mistakes of the settings
 */
export async function planStackUpgrade(options: UpgradePlanOptions, context: Context): Promise<StackUpgradePlan> {
    const { stack } = options;
    await requireStack(context.projectRoot, stack);
    const said = { from: asked("--from", options.from), to: asked("--to", options.to) };
    const settings = await readableSettings(context.projectRoot, stack);
    const installed = said.from === undefined ? await installedOn(options, settings, context) : undefined;
    const from = said.from ?? asked(`stack ${stack}`, installed?.version) ?? settings.harbor.version;
    const to = said.to ?? defaultGoal(from, settings);
    const plan = planUpgrade(
        {
            from,
            to,
            internalDatabase: settings.database.kind === "internal" && installed?.internalDatabase !== false,
            internalCache: settings.cache.kind === "internal",
            kubernetes: installed?.kubernetes,
            values: settings.harbor.values,
        },
        { engineChange: options.acceptEngineChange ?? false },
    );
    const refusals = [...plan.refusals, ...(await unfitSettings(plan, stack, context))];
    return {
        ...plan,
        refusals,
        stack,
        live: installed !== undefined,
        migration: schemaMigrationOf(settings),
        expected: plan.hops.map((hop) => expectedDowntime(hop, settings)),
        backup: backupOf(settings, options),
    };
}

/** What the settings have that a Harbor on the way does not take. */
async function unfitSettings(
    { hops }: UpgradePlan,
    stack: string,
    { projectRoot }: Context,
): Promise<UpgradeRefusal[]> {
    const refusals: UpgradeRefusal[] = [];
    for (const { to } of hops.filter(({ installable }) => installable)) {
        try {
            await readableSettings(projectRoot, stack, to);
        } catch (error) {
            if (!(error instanceof UserError)) throw error;
            for (const detail of error.details)
                refusals.push({ kind: "settings", sentence: `Pulumi.${stack}.yaml with Harbor ${to}: ${detail}` });
        }
    }
    return refusals;
}

/** What is known of the stack from the world outside of its settings. */
interface Installed {
    readonly version: string;
    /** Undefined in outputs of an older program: nobody moved the data by the way. */
    readonly internalDatabase: boolean | undefined;
    /** Minor version; undefined where the cluster did not say it. */
    readonly kubernetes: string | undefined;
}

async function installedOn(options: StackOptions, settings: Settings, context: Context): Promise<Installed> {
    const { engine } = await context.selectEngine(options);
    const { release, database } = await requireStackOutputs(engine);
    const { liveKubernetesMinor } = require("../live-kubernetes") as typeof import("../live-kubernetes");
    return {
        version: release.harborVersion,
        internalDatabase: database === undefined ? undefined : database.kind === "internal",
        kubernetes: await liveKubernetesMinor(settings, options, context),
    };
}

/** The release that somebody named, whole. */
function asked(where: string, version: string | undefined): string | undefined {
    if (version === undefined) return undefined;
    const release = findKnownRelease(version.replace(/^v/, ""));
    if (release !== undefined) return release.harbor;
    throw new UserError(`${where}: Harbor ${version} is not in the catalogue`, {
        details: [`known: ${knownVersions()}`],
        next: ['name one of these, or a minor version such as "2.14" for its newest patch'],
        exitCode: ExitCode.usage,
    });
}

/** `2.8.0 to 2.8.6, 2.9.0 to 2.9.5` */
function knownVersions(): string {
    const minors = [...new Set(knownHarborReleases.map(({ harbor }) => minorOf(harbor)))];
    return minors
        .map((minor) => {
            const patches = knownHarborReleases.filter(({ harbor }) => minorOf(harbor) === minor);
            const [first, last] = [patches[0]?.harbor ?? "", patches.at(-1)?.harbor ?? ""];
            return first === last ? first : `${first} to ${last}`;
        })
        .join(", ");
}

function defaultGoal(from: string, { harbor }: Settings): string {
    const versions = knownHarborReleases.map((release) => release.harbor);
    const wished =
        versions.indexOf(harbor.version) > versions.indexOf(from) ? findHarborRelease(harbor.version) : undefined;
    return wished?.harbor ?? harborReleases.at(-1)?.harbor ?? from;
}

/** What `upgrade run` backs up before each hop. */
function backupOf({ backup, database, storage }: Settings, options: StackOptions): string[] {
    if (backup.kind === "none") {
        return [
            "nothing, for backup.kind is none: an upgrade cannot be undone without a backup; set backup.kind to velero, then " +
                `npx anchorage up${stackFlags(options)}`,
        ];
    }
    const data = database.kind === "internal" ? "the internal database" : `the database (${database.kind})`;
    return [
        `${data}: a dump, with which a rollback brings the old schema back`,
        "the registry's Kubernetes objects, by Velero",
        storage.kind === "s3" || storage.kind === "aws" || storage.kind === "minio"
            ? "the images: what the last set does not have yet, copied bucket to bucket"
            : `the images are not copied: storage.kind is "${storage.kind}"; a rollback leaves them as they are`,
    ];
}
