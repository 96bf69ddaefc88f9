import Module from "node:module";
import path from "node:path";
import type { dynamic } from "@pulumi/pulumi";
import { UserError } from "../../../../../lib/errors";

/** Runs the serialised providers of dynamic resources; in the engine's second thread, as they load packages of their own. */

/** Where a provider finds itself. */
export interface Place {
    /** The stack's settings, `namespace:key` to its text. */
    readonly config: Readonly<Record<string, string>>;
    readonly project: string;
    readonly projectRoot: string;
}

export type Method = "check" | "diff" | "create" | "update" | "read" | "delete";

/** What a provider answered, as JSON; undefined is "not given". Absent: it has no such method. */
export interface Answered {
    readonly json: string | undefined;
}

/** @throws what the provider throws */
export async function callProvider(
    code: string,
    place: Place,
    method: Method,
    args: readonly unknown[],
): Promise<Answered | undefined> {
    const provider = await load(code, place);
    const called = provider[method];
    if (called === undefined) return undefined;
    return { json: JSON.stringify(await Reflect.apply(called, provider, [...args])) };
}

const loaded = new Map<string, Promise<dynamic.ResourceProvider>>();

function load(code: string, place: Place): Promise<dynamic.ResourceProvider> {
    const provider = loaded.get(code) ?? evaluate(code, place);
    loaded.set(code, provider);
    return provider;
}

async function evaluate(code: string, { config, project, projectRoot }: Place): Promise<dynamic.ResourceProvider> {
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
