/**
 * Anchorage as a library: each verb of the CLI as a function of a stack's name and its options. It runs in this process,
 * on the same engines, asks nothing, and prints nothing.
 *
 * ```ts
 * import { backup, upgrade } from "anchorage/automation";
 *
 * const run = backup("public", { name: "before-release" });
 * for await (const event of run) show(event);
 * const { report } = await run.result;
 * ```
 *
 * The folder with the stacks' files is that of the package; `ANCHORAGE_PROJECT` names another one.
 *
 * @module
 */
/* oxlint-disable typescript/no-require-imports -- lazy: a program that previews does not load what restores */
import type { BackupOptions } from "./backup";
import type { Context, StackOptions } from "./context";
import type { DestroyOptions } from "./destroy";
import type { DrillOptions } from "./drill";
import type { PreflightOptions } from "./preflight";
import type { ReleaseOptions } from "./release";
import type { RestoreOptions } from "./restore";
import type { UpOptions } from "./up";
import type { UpgradePlanOptions } from "./upgrade/plan";
import type { UpgradeRollbackOptions } from "./upgrade/rollback";
import type { UpgradeForwardOptions, UpgradeRunOptions } from "./upgrade/run";
import { startVerb, type RunOptions, type VerbRun } from "./verb-run";
import type { VerifyOptions } from "./verify";

export { ExitCode, UserError, type UserErrorOptions } from "../lib/errors";
export { engineWishes, type EngineWish, type StackOptions } from "./context";
export type { PreflightOptions } from "./preflight";
export type { UpOptions } from "./up";
export type { DestroyOptions } from "./destroy";
export type { VerifyOptions } from "./verify";
export type { BackupOptions } from "./backup";
export type { RestoreOptions } from "./restore";
export type { DrillOptions } from "./drill";
export type { UpgradePlanOptions } from "./upgrade/plan";
export type { UpgradeRollbackOptions } from "./upgrade/rollback";
export type { UpgradeForwardOptions, UpgradeOptions, UpgradeRunOptions } from "./upgrade/run";
export type { ReleaseOptions } from "./release";
export type { RunOptions, VerbEvent, VerbRun } from "./verb-run";

/** The options of a verb without those that its function gives: nobody is asked, so each of them goes ahead. */
export type OptionsOf<O extends StackOptions> = Partial<Omit<O, "stack" | "yes">> & RunOptions;

/** What `up` would change. Touches nothing. */
export const preview = verb<PreflightOptions>(() => (require("./preview") as typeof import("./preview")).preview);

/** Makes the stack's resources as its settings say. */
export const up = verb<UpOptions>(() => (require("./up") as typeof import("./up")).up);

/** Deletes everything that the stack made; what is protected only with `unprotect`. */
export const destroy = verb<DestroyOptions>(() => (require("./destroy") as typeof import("./destroy")).destroy, {
    unprotect: false,
});

/** Whether an installation works: each way through it once. */
export const verify = verb<VerifyOptions>(() => (require("./verify") as typeof import("./verify")).verify);

/** One consistent set of Kubernetes objects, volumes, database and images. */
export const backup = verb<BackupOptions>(() => (require("./backup") as typeof import("./backup")).backup, {
    kind: "regular",
});

/** Brings a registry back from a set: `from` names it; with `rehearse` beside the registry, and removed again. */
export const restore = verb<RestoreOptions, "from">(() => (require("./restore") as typeof import("./restore")).restore);

/** Loses a whole registry and gets it back. Outside of a lab `destroyRegistryOf` has to name the stack once more. */
export const drillDisaster = verb<DrillOptions>(() => (require("./drill") as typeof import("./drill")).drillDisaster);

/** The hops to another Harbor, and what they change. Touches nothing. */
export const planUpgrade = verb<UpgradePlanOptions>(
    () => (require("./upgrade/plan") as typeof import("./upgrade/plan")).upgradePlan,
);

/** Every hop to a newer Harbor with its backup, verified, or rolled back. */
export const upgrade = verb<UpgradeRunOptions>(
    () => (require("./upgrade/run") as typeof import("./upgrade/run")).upgradeRun,
);

/** Goes on with an upgrade, or a rollback, that was killed or left. */
export const resumeUpgrade = verb<UpgradeForwardOptions>(
    () => (require("./upgrade/run") as typeof import("./upgrade/run")).upgradeResume,
);

/** Puts the Harbor before the last hop back, with its database. */
export const rollbackUpgrade = verb<UpgradeRollbackOptions>(
    () => (require("./upgrade/rollback") as typeof import("./upgrade/rollback")).upgradeRollback,
);

/** A change of the settings as a pipeline brings it in: backed up, verified, or put back. Completes what a killed one left. */
export const release = verb<ReleaseOptions>(() => (require("./release") as typeof import("./release")).release);

/** Puts right what a killed command left: locks, operations without an end, a pending Helm release, read-only mode. */
export const recover = verb<StackOptions>(() => (require("./recover") as typeof import("./recover")).recover);

/** A verb as a function: the stack's name, then its options. */
export type Verb<O extends StackOptions, Required extends keyof O> = (
    stack: string,
    ...options: [Required] extends [never] ? [options?: OptionsOf<O>] : [options: OptionsOf<O> & Pick<O, Required>]
) => VerbRun;

/** @param defaults of what the CLI always gives */
function verb<O extends StackOptions, Required extends keyof O = never>(
    load: () => (options: O, context: Context) => Promise<unknown>,
    defaults: Partial<O> = {},
): Verb<O, Required> {
    return (stack, ...[given = {}]) => {
        const { signal, onEvent, ...options } = given as OptionsOf<O>;
        const { createContext } = require("./cli-context") as typeof import("./cli-context");
        const complete = { engine: "auto", ...defaults, ...options, stack, yes: true } as unknown as O;
        return startVerb((context) => load()(complete, context), createContext, {
            ...(signal === undefined ? {} : { signal }),
            ...(onEvent === undefined ? {} : { onEvent }),
        });
    };
}
