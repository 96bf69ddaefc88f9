import path from "node:path";
import type { dynamic } from "@pulumi/pulumi";
import { UserError } from "../../../../lib/errors";
import { diffValues } from "../diff";
import type { Kind, KindContext, Made } from "../kinds";
import { callInThread } from "../thread";
import { containsSecret, equal, plain, plainValues, secret, unknownValue, without, type Values } from "../values";
import type { Method } from "./dynamic/provider";

/** The input under which the SDK puts the serialised provider of a dynamic resource. */
const providerKey = "__provider";

/**
 * Dynamic resources (`pulumi.dynamic.Resource`), run from the code that the SDK serialised, as
 * @pulumi/pulumi cmd/dynamic-provider does it: what works here works there. Changed code alone is no change of
 * the resource, and the old resource is deleted by the code with which it was made.
 */
export const dynamicKind: Kind = {
    async check(inputs, old, context) {
        const code = codeOf(inputs) ?? codeOf(old?.inputs ?? {});
        const olds = withoutCode(plainValues(old?.inputs ?? {}));
        const checked = (await call("check", code, context, olds, withoutCode(plainValues(inputs))))?.answer;
        if (checked === undefined) return inputs;
        const failures = checked.failures ?? [];
        if (failures.length > 0) {
            throw new UserError(`${context.name} has wrong inputs`, {
                details: failures.map(({ property, reason }) => `${property}: ${reason}`),
            });
        }
        if (checked.inputs === undefined) return inputs;
        // What is a secret among the inputs stays one, whatever the check made of it.
        return { ...remarked(checked.inputs as Values, inputs), [providerKey]: inputs[providerKey] ?? null };
    },

    async diff(old, news, inputDiff, context) {
        const changes = inputDiff.filter((change) => change.path !== providerKey);
        const code = codeOf(news) ?? codeOf(old.inputs);
        const before = withoutCode(plainValues(old.outputs));
        const result = (await call("diff", code, context, old.id ?? "", before, withoutCode(news)))?.answer;
        if (result === undefined) return { kind: changes.length > 0 ? "update" : "same", changes };
        const replaces = result.replaces ?? [];
        const marked = changes.map((change) =>
            replaces.some((key) => change.path === key || change.path.startsWith(`${key}.`))
                ? { ...change, replaces: true }
                : change,
        );
        const seen =
            marked.length > 0
                ? marked
                : replaces.map((key) => ({ path: key, kind: "update" as const, replaces: true }));
        if (replaces.length > 0) {
            return { kind: "replace", changes: seen, deleteBeforeReplace: result.deleteBeforeReplace ?? false };
        }
        const changed = result.changes ?? changes.length > 0;
        return { kind: changed ? "update" : "same", changes: changed ? seen : [] };
    },

    async create(news, context) {
        const result = (await call("create", codeOf(news), context, withoutCode(news)))?.answer;
        if (result === undefined) throw new Error("the provider of a dynamic resource made nothing");
        return { id: result.id, outputs: outputs(result.outs) };
    },

    async update(old, news, context) {
        const before = withoutCode(plainValues(old.outputs));
        const result = await call("update", codeOf(news), context, old.id ?? "", before, withoutCode(news));
        return { id: old.id ?? "", outputs: outputs(result ? result.answer?.outs : news) };
    },

    async read({ id, inputs, outputs: before }, context): Promise<Made | undefined> {
        const code = codeOf(inputs);
        if (code === undefined) return undefined;
        const read = await call("read", code, context, id, withoutCode(plainValues(before)));
        if (read === undefined) return { id, outputs: plainValues(before) };
        // The contract of `read`: no id means that the resource is gone.
        if (read.answer?.id === undefined || read.answer.id === "") return undefined;
        return { id: read.answer.id, outputs: outputs(read.answer.props) };
    },

    async delete(old, context) {
        await call("delete", codeOf(old.inputs), context, old.id, withoutCode(plainValues(old.outputs)));
    },

    visible: (before, after) => diffValues(withoutCode(before), withoutCode(after)),
};

type Provider = typeof import("./dynamic/provider");

/** @returns what the provider answered, or undefined where it has no such method */
async function call<M extends Method>(
    method: M,
    code: string | undefined,
    { config, project, projectRoot }: KindContext,
    ...args: readonly unknown[]
): Promise<{ readonly answer: Answers[M] | undefined } | undefined> {
    if (code === undefined) throw new Error("a dynamic resource without the code of its provider");
    const place = { config, project, projectRoot };
    const module = path.join(__dirname, "dynamic", "provider.ts");
    const answered = await callInThread<Provider, "callProvider">(module, "callProvider", code, place, method, args);
    if (answered === undefined) return undefined;
    return { answer: answered.json === undefined ? undefined : (JSON.parse(answered.json) as Answers[M]) };
}

/** What the methods of a provider answer. */
interface Answers {
    readonly check: dynamic.CheckResult;
    readonly diff: dynamic.DiffResult;
    readonly create: dynamic.CreateResult;
    readonly update: dynamic.UpdateResult;
    readonly read: dynamic.ReadResult;
    readonly delete: undefined;
}

function codeOf(inputs: Values): string | undefined {
    const code = plainValues(inputs)[providerKey];
    return code === unknownValue || typeof code !== "string" ? undefined : code;
}

function withoutCode(values: Values): Values {
    return without(values, providerKey);
}

function outputs(outs: unknown): Values {
    return withoutCode((outs ?? {}) as Values);
}

/** Puts the marks of secrets where the values that a check gave back are those that were marked. */
function remarked(checked: Values, inputs: Values): Values {
    return Object.fromEntries(
        Object.entries(checked).map(([key, value]) => {
            const before = inputs[key];
            if (before === undefined || !containsSecret(before)) return [key, value];
            return [key, equal(plain(before), value) ? before : secret(value)];
        }),
    );
}
