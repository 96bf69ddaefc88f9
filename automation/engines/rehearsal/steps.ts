import type { Operation } from "../../engine";
import { UserError } from "../../../lib/errors";
import { isSameProcess } from "../../../lib/processes";
import { waitFor } from "../../../lib/wait";
import type { Deployment } from "./deployment";
import { diffValues } from "./diff";
import { UncertainError, type Diff, type Kind, type KindContext, type Made } from "./kinds";
import type { Goal, Outcome } from "./registration";
import type { ResourceRecord } from "./state";
import { equal, markSecrets, secretKeys, without, type Values } from "./values";

/** One resource on its way. */
export interface Plan {
    readonly deployment: Deployment;
    readonly goal: Goal;
    readonly kind: Kind;
    readonly inputs: Values;
    readonly news: Values;
    readonly context: KindContext;
    readonly recorded: ResourceRecord | undefined;
}

export function recordOf(goal: Goal, inputs: Values, old?: ResourceRecord): ResourceRecord {
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
    };
}

function marks({ goal, inputs }: Plan, outputs: Values, more: readonly string[] = []): Values {
    return markSecrets(outputs, [...secretKeys(inputs), ...goal.additionalSecretOutputs, ...more]);
}

/** Nothing to do but to bring the record up to date. */
export async function keep(plan: Plan, old: ResourceRecord, diff: Diff): Promise<Outcome> {
    const { deployment, goal, inputs } = plan;
    const outputs = diff.outputs ? marks(plan, diff.outputs, secretKeys(old.outputs)) : old.outputs;
    const record = { ...recordOf(goal, inputs, old), outputs };
    const before = without(old, "pending");
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

export async function create(plan: Plan, op: Operation, diff?: Diff): Promise<Outcome> {
    const { deployment, goal, kind, inputs, news } = plan;
    if (deployment.preview) return planned(plan, op, diff);
    const begun: ResourceRecord = { ...recordOf(goal, inputs), pending: deployment.pending("create") };
    return run(plan, begun, op, diff, () => kind.create(news, plan.context));
}

export async function update(plan: Plan, old: ResourceRecord, diff: Diff): Promise<Outcome> {
    const { deployment, goal, kind, news } = plan;
    if (deployment.preview) return planned(plan, "update", diff, old.id);
    const begun: ResourceRecord = { ...recordOf(goal, old.inputs, old), pending: deployment.pending("update") };
    const apply = kind.update?.bind(kind);
    if (!apply) throw new Error(`${goal.type} cannot be updated`);
    return run(plan, begun, "update", diff, () => apply(old, news, plan.context));
}

/** The new one before the old one is deleted, where both can stand; else the old one first. */
export async function replace(plan: Plan, old: ResourceRecord, diff: Diff): Promise<Outcome> {
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

/** Takes over what exists: the resource option `import`. */
export async function adopt(plan: Plan, id: string): Promise<Outcome> {
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
    if (begun.id === undefined) state.remove(now);
    else state.put(without(begun, "pending"), now);
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
