import type { Operation } from "../../engine";
import { UserError } from "../../../lib/errors";
import { isSameProcess } from "../../../lib/processes";
import { waitFor } from "../../../lib/wait";
import type { Deployment } from "./deployment";
import { covers, diffValues, keepIgnored, parsePath } from "./diff";
import { loadKind, UncertainError, type Diff, type Kind, type KindContext, type Made } from "./kinds";
import type { ResourceRecord, Timeouts } from "./state";
import { containsUnknown, equal, markSecrets, plainValues, secretKeys, type Value, type Values } from "./values";

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
        const kind = loadKind(goal.type);
        const draft = recordOf(goal, goal.inputs, recorded);
        const context = { ...deployment.context(draft, op, interrupted), ignoreChanges: goal.ignoreChanges };
        let inputs = old ? keepIgnored(old.inputs, goal.inputs, goal.ignoreChanges) : goal.inputs;
        inputs = (await kind.check?.(inputs, recorded, context)) ?? inputs;
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

/** One resource on its way. */
interface Plan {
    readonly deployment: Deployment;
    readonly goal: Goal;
    readonly kind: Kind;
    readonly inputs: Values;
    readonly news: Values;
    readonly context: KindContext;
    readonly recorded: ResourceRecord | undefined;
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

function recordOf(goal: Goal, inputs: Values, old?: ResourceRecord): ResourceRecord {
    const optional = { parent: goal.parent, provider: goal.provider, deletedWith: goal.deletedWith, id: old?.id };
    return {
        urn: goal.urn,
        type: goal.type,
        name: goal.name,
        custom: goal.custom,
        protect: goal.protect,
        retainOnDelete: goal.retainOnDelete,
        dependencies: goal.dependencies,
        inputs,
        outputs: old?.outputs ?? {},
        timeouts: goal.timeouts,
        ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as typeof optional),
    } as ResourceRecord;
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

function marks({ goal, inputs }: Plan, outputs: Values, more: readonly string[] = []): Values {
    return markSecrets(outputs, [...secretKeys(inputs), ...goal.additionalSecretOutputs, ...more]);
}

async function keep(plan: Plan, old: ResourceRecord, diff: Diff): Promise<Outcome> {
    const { deployment, goal, inputs } = plan;
    const outputs = diff.outputs ? marks(plan, diff.outputs, secretKeys(old.outputs)) : old.outputs;
    const record = { ...recordOf(goal, inputs, old), outputs };
    const { pending: _pending, ...before } = old;
    deployment.state.put(record);
    if (!deployment.preview && !equal(before as never, record as never)) await deployment.state.save();
    deployment.addChange(record, "same");
    deployment.event(record, "done", "same", { elapsedMs: 0 });
    return { status: "done", ...(old.id === undefined ? {} : { id: old.id }), outputs };
}

/** What dependents see of a resource that a preview only plans. */
async function planned(plan: Plan, op: Operation, diff: Diff | undefined, id?: string): Promise<Outcome> {
    const { deployment, goal, kind, news, inputs } = plan;
    const outputs = diff?.outputs ?? (await kind.planned?.(news, plan.context)) ?? news;
    const record = { ...recordOf(goal, inputs), ...(id === undefined ? {} : { id }) };
    deployment.state.put(record);
    deployment.addChange(record, op, diff?.changes ?? diffValues({}, shortened(inputs)));
    return { status: "done", ...(id === undefined ? {} : { id }), outputs: marks(plan, outputs) };
}

/** Without what nobody reads: the code of a dynamic provider. */
function shortened(inputs: Values): Values {
    return Object.fromEntries(Object.entries(inputs).filter(([key]) => !key.startsWith("__")));
}

async function create(plan: Plan, op: Operation, diff?: Diff): Promise<Outcome> {
    const { deployment, goal, kind, inputs, news } = plan;
    if (deployment.preview) return planned(plan, op, diff);
    const begun: ResourceRecord = { ...recordOf(goal, inputs), pending: deployment.pending("create") };
    return run(plan, begun, op, diff, () => kind.create(news, plan.context));
}

async function update(plan: Plan, old: ResourceRecord, diff: Diff): Promise<Outcome> {
    const { deployment, goal, kind, news } = plan;
    if (deployment.preview) return planned(plan, "update", diff, old.id);
    const begun: ResourceRecord = { ...recordOf(goal, old.inputs, old), pending: deployment.pending("update") };
    const apply = kind.update?.bind(kind);
    if (!apply) throw new Error(`${goal.type} cannot be updated`);
    return run(plan, begun, "update", diff, () => apply(old, news, plan.context));
}

async function replace(plan: Plan, old: ResourceRecord, diff: Diff): Promise<Outcome> {
    const { deployment, goal, kind, inputs, news } = plan;
    const { state } = deployment;
    if (deployment.preview) return planned(plan, "replace", { kind: "replace", changes: diff.changes });
    const first = goal.deleteBeforeReplace ?? diff.deleteBeforeReplace ?? false;
    const begun: ResourceRecord = { ...recordOf(goal, inputs), pending: deployment.pending("create") };
    if (first) {
        const done = await deployment.perform(old, "delete", async () => {
            if (!old.retainOnDelete) await kind.delete?.(old as ResourceRecord & { id: string }, plan.context);
            state.put(begun, old);
        });
        if (!done) return { status: "failed", outputs: {} };
    } else {
        // The old one stays on record until the end of the update, where everything that needed it is gone.
        state.put({ ...old, condemned: true }, old);
        state.put(begun, undefined);
    }
    return run(plan, begun, "replace", diff, () => kind.create(news, { ...plan.context, interrupted: false }));
}

async function adopt(plan: Plan, id: string): Promise<Outcome> {
    const { deployment, goal, kind, inputs } = plan;
    if (deployment.preview) return planned(plan, "read", undefined, id);
    return run(
        plan,
        { ...recordOf(goal, inputs), pending: deployment.pending("read") },
        "read",
        undefined,
        async () => {
            const live = await kind.read?.({ id, inputs, outputs: {} }, plan.context);
            if (!live) throw new UserError(`there is no ${goal.type} with the id ${id} to import`);
            return live;
        },
    );
}

/** Records that the operation begins, does it, records what came of it. */
async function run(
    plan: Plan,
    begun: ResourceRecord,
    op: Operation,
    diff: Diff | undefined,
    work: () => Promise<Made>,
): Promise<Outcome> {
    const { deployment, goal, inputs } = plan;
    const { state } = deployment;
    let made: Made | undefined;
    const leftBehind = plan.recorded?.pending?.process;
    const done = await deployment.perform(begun, op, async () => {
        if (leftBehind) await awaitLeftBehind(plan, leftBehind);
        state.put(begun);
        await state.save();
        try {
            made = await work();
        } catch (error) {
            if (!(error instanceof UncertainError)) forget(plan, begun);
            throw error;
        }
        const { failure } = made;
        state.put({
            ...recordOf(goal, failure ? begun.inputs : inputs),
            id: made.id,
            outputs: marks(plan, made.outputs, made.secretOutputs),
            ...(failure ? { pending: deployment.pending("update") } : {}),
        });
        if (failure) throw failure;
    });
    if (!done || !made) return { status: "failed", outputs: {} };
    deployment.addChange(begun, op, diff?.changes ?? diffValues({}, shortened(inputs)));
    return { status: "done", id: made.id, outputs: marks(plan, made.outputs, made.secretOutputs) };
}

/** Nothing came of an operation: what was on record before is so again, and the next update tries anew. */
function forget({ deployment: { state }, goal }: Plan, begun: ResourceRecord): void {
    const now = state.find(goal.urn);
    if (!now) return;
    const { pending: _pending, ...before } = begun;
    if (begun.id === undefined) state.remove(now);
    else state.put(before, now);
}

/** A program that an interrupted update started and that outlived it is left to end first. */
async function awaitLeftBehind(
    { deployment, goal }: Plan,
    { pid, start }: { pid: number; start?: string },
): Promise<void> {
    if (!isSameProcess(pid, start)) return;
    deployment.diagnose("warning", `waiting for process ${String(pid)} of the interrupted update`, goal.urn);
    await waitFor(() => (isSameProcess(pid, start) ? undefined : true), {
        what: `process ${String(pid)} of the interrupted update to end`,
        timeoutMs: 10 * 60_000,
        signal: deployment.options.hurry,
    });
}
