import Module from "node:module";
import path from "node:path";
import type { dynamic } from "@pulumi/pulumi";
import { UserError } from "../../../../lib/errors";
import type { Kind, KindContext, Made } from "../kinds";
import { diffValues } from "../diff";
import { containsSecret, equal, plain, plainValues, secret, unknownValue, without, type Values } from "../values";

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
        const provider = await load(code, context);
        if (!provider.check) return inputs;
        const news = withoutCode(plainValues(inputs));
        const checked = await provider.check(withoutCode(plainValues(old?.inputs ?? {})), news);
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
        const provider = await load(codeOf(news) ?? codeOf(old.inputs), context);
        if (!provider.diff) return { kind: changes.length > 0 ? "update" : "same", changes };
        const result = await provider.diff(old.id ?? "", withoutCode(plainValues(old.outputs)), withoutCode(news));
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
        const provider = await load(codeOf(news), context);
        const result = await provider.create(withoutCode(news));
        return { id: result.id, outputs: outputs(result.outs) };
    },

    async update(old, news, context) {
        const provider = await load(codeOf(news), context);
        const before = withoutCode(plainValues(old.outputs));
        const result = await provider.update?.(old.id ?? "", before, withoutCode(news));
        return { id: old.id ?? "", outputs: outputs(provider.update ? result?.outs : news) };
    },

    async read({ id, inputs, outputs: before }, context): Promise<Made | undefined> {
        const code = codeOf(inputs);
        if (code === undefined) return undefined;
        const provider = await load(code, context);
        if (!provider.read) return { id, outputs: plainValues(before) };
        const result = await provider.read(id, withoutCode(plainValues(before)));
        // The contract of `read`: no id means that the resource is gone.
        if (result.id === undefined || result.id === "") return undefined;
        return { id: result.id, outputs: outputs(result.props) };
    },

    async delete(old, context) {
        const provider = await load(codeOf(old.inputs), context);
        await provider.delete?.(old.id, withoutCode(plainValues(old.outputs)));
    },

    visible: (before, after) => diffValues(withoutCode(before), withoutCode(after)),
};

const loaded = new Map<string, Promise<dynamic.ResourceProvider>>();

function load(code: string | undefined, context: KindContext): Promise<dynamic.ResourceProvider> {
    if (code === undefined) return Promise.reject(new Error("a dynamic resource without the code of its provider"));
    const provider = loaded.get(code) ?? evaluate(code, context);
    loaded.set(code, provider);
    return provider;
}

async function evaluate(
    code: string,
    { config, project, projectRoot }: KindContext,
): Promise<dynamic.ResourceProvider> {
    // What it requires is looked for from the project's folder.
    const file = path.join(projectRoot, "__provider.js");
    const module = new Module(file) as Module & { _compile(code: string, file: string): void; paths: string[] };
    module.filename = file;
    // Not in Node's types, and the same that require-from-string does for Pulumi.
    module.paths = (Module as unknown as { _nodeModulePaths(folder: string): string[] })._nodeModulePaths(projectRoot);
    module._compile(code, file);
    const provider = (module.exports as { handler(): dynamic.ResourceProvider }).handler();
    if (provider.configure) {
        const read = (key: string): string | undefined => config[key.includes(":") ? key : `${project}:${key}`];
        const required = (key: string): string => {
            const value = read(key);
            if (value === undefined) throw new UserError(`the setting ${key} is missing: a dynamic provider needs it`);
            return value;
        };
        await provider.configure({ config: { get: read, require: required } });
    }
    return provider;
}

function codeOf(inputs: Values): string | undefined {
    const code = plainValues(inputs)[providerKey];
    return code === unknownValue || typeof code !== "string" ? undefined : code;
}

function withoutCode(values: Values): Values {
    return without(values, providerKey);
}

/** What a provider returned as JSON; undefined is "not given". */
function outputs(outs: unknown): Values {
    return withoutCode(JSON.parse(JSON.stringify(outs ?? {})) as Values);
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
