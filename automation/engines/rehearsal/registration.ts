import type { Operation } from "../../engine";
import { UserError } from "../../../lib/errors";
import type { Deployment } from "./deployment";
import { covers, diffValues, keepIgnored, parsePath } from "./diff";
import { loadKind, type Diff } from "./kinds";
import { orRecord } from "./record-only";
import type { ResourceRecord, Timeouts } from "./state";
import { adopt, create, keep, recordOf, replace, update, type Plan } from "./steps";
import { containsUnknown, plainValues, type Value, type Values } from "./values";

/** A resource as the program wants it. */
export interface Goal {
    readonly urn: string;
    readonly type: string;
    readonly name: string;
    readonly parent: string | undefined;
    readonly custom: boolean;
    /** With the marks of values.ts. */
    readonly inputs: Values;
    readonly dependencies: readonly string[];
    readonly provider: string | undefined;
    readonly protect: boolean;
    readonly retainOnDelete: boolean;
    readonly deletedWith: string | undefined;
    readonly ignoreChanges: readonly string[];
    readonly replaceOnChanges: readonly string[];
    readonly replacementTrigger: Value | undefined;
    readonly deleteBeforeReplace: boolean | undefined;
    readonly additionalSecretOutputs: readonly string[];
    readonly importId: string | undefined;
    /** URNs under which it may be on record. */
    readonly aliases: readonly string[];
    readonly timeouts: Timeouts;
}

export interface Outcome {
    readonly status: "done" | "failed" | "skipped";
    readonly id?: string;
    /** With the marks of secrets. */
    readonly outputs: Values;
}

const triggerKey = "__replacementTrigger";

/** Brings one resource to what the program wants, or finds out what that would change. */
export async function register(deployment: Deployment, goal: Goal): Promise<Outcome> {
    const { state } = deployment;
    adoptAlias(deployment, goal);
    const recorded = state.find(goal.urn);
    const interrupted = recorded?.pending !== undefined;
    // A create that was interrupted has no id: it is made again, and takes over what it finds.
    const old = recorded?.id === undefined && recorded?.custom === true ? undefined : recorded;
    if (deployment.stopped || needs(goal).some((urn) => isMissing(deployment, urn))) {
        deployment.skip(goal, old ? "update" : "create");
        return { status: "skipped", outputs: {} };
    }
    if (!goal.custom) return registerComponent(deployment, goal, old);
    let op: Operation = old ? "update" : "create";
    try {
        const kind = orRecord(loadKind(goal.type), deployment);
        const draft = recordOf(goal, goal.inputs, recorded);
        const context = { ...deployment.context(draft, op, interrupted), ignoreChanges: goal.ignoreChanges };
        let inputs = old ? keepIgnored(old.inputs, goal.inputs, goal.ignoreChanges) : goal.inputs;
        inputs = (await kind.check?.(inputs, recorded, context)) ?? inputs;
        await deployment.options.policies?.resource({ ...goal, inputs });
        if (goal.replacementTrigger !== undefined) inputs = { ...inputs, [triggerKey]: goal.replacementTrigger };
        if (!deployment.preview && containsUnknown(inputs)) throw new Error("an input is not known after all");
        const plan: Plan = { deployment, goal, kind, inputs, news: plainValues(inputs), context, recorded };
        if (!old) return goal.importId === undefined ? await create(plan, "create") : await adopt(plan, goal.importId);
        const diff = await decide(plan, old);
        op = diff.kind === "recreate" ? "create" : diff.kind;
        if (diff.kind === "replace" && old.protect) throw protectedError(old, "replaced");
        if (diff.kind === "same") return await keep(plan, old, diff);
        if (diff.kind === "recreate") return await create(plan, "create", diff);
        if (diff.kind === "replace") return await replace(await anew(plan, diff), old, diff);
        return await update(plan, old, diff);
    } catch (error) {
        deployment.fail(goal, op, error);
        return { status: "failed", outputs: {} };
    }
}

/** What stands beside the old one needs a name of its own: the inputs are completed as if nothing were on record. */
async function anew(plan: Plan, diff: Diff): Promise<Plan> {
    const { kind, goal, context } = plan;
    if (goal.deleteBeforeReplace ?? diff.deleteBeforeReplace) return plan;
    const checked = (await kind.check?.(goal.inputs, undefined, context)) ?? goal.inputs;
    const { replacementTrigger: trigger } = goal;
    const inputs: Values = trigger === undefined ? checked : { ...checked, [triggerKey]: trigger };
    return { ...plan, inputs, news: plainValues(inputs) };
}

/** What must be there first. */
function needs(goal: Goal): string[] {
    return [...goal.dependencies, goal.parent, goal.provider].filter((urn) => urn !== undefined);
}

function isMissing(deployment: Deployment, urn: string): boolean {
    return deployment.skipped.has(urn) || deployment.failures.some((failure) => failure.urn === urn);
}

export function protectedError(record: ResourceRecord, what: string): UserError {
    return new UserError(`${record.name} is protected and would be ${what}`, {
        next: ["set protect to false in the program and run up, if it really is to go"],
    });
}

async function registerComponent(
    deployment: Deployment,
    goal: Goal,
    old: ResourceRecord | undefined,
): Promise<Outcome> {
    const op = old ? "same" : "create";
    const record = recordOf(goal, {}, old);
    deployment.addChange(record, op);
    deployment.state.put(record);
    if (!deployment.preview && !old) await deployment.state.save();
    deployment.event(record, "done", op, { elapsedMs: 0 });
    return { status: "done", outputs: {} };
}

/** Renames what is on record under a former URN. */
function adoptAlias(deployment: Deployment, goal: Goal): void {
    const { state } = deployment;
    if (state.find(goal.urn)) return;
    const former = goal.aliases.map((urn) => state.find(urn)).find((record) => record !== undefined);
    if (!former) return;
    const renamed = (urn: string): string => (urn === former.urn ? goal.urn : urn);
    state.records = state.records.map((record) => ({
        ...record,
        urn: record.condemned === true ? record.urn : renamed(record.urn),
        dependencies: record.dependencies.map(renamed),
        ...(record.parent === undefined ? {} : { parent: renamed(record.parent) }),
        ...(record.provider === undefined ? {} : { provider: renamed(record.provider) }),
    }));
}

/** Same, update or replace: by the inputs, by what the kind says, by the resource's options. */
async function decide(plan: Plan, old: ResourceRecord): Promise<Diff> {
    const { kind, goal, news, inputs, context } = plan;
    const changes = diffValues(old.inputs, inputs);
    let diff = await kind.diff(old, news, changes, context);
    // What was begun and not seen through is done again, whether or not anything differs.
    if (diff.kind === "same" && old.pending && kind.update) diff = { ...diff, kind: "update" };
    const replacing = goal.replaceOnChanges.map(parsePath);
    const forced = changes.filter(
        ({ path }) => path === triggerKey || replacing.some((pattern) => covers(pattern, parsePath(path))),
    );
    if (forced.length === 0 || diff.kind === "recreate") {
        return diff.kind === "update" && !kind.update ? { ...diff, kind: "replace" } : diff;
    }
    const marked = diff.changes.map((change) =>
        forced.some(({ path }) => path === change.path) ? { ...change, replaces: true } : change,
    );
    return { ...diff, kind: "replace", changes: marked.length > 0 ? marked : forced };
}
