import type { PropertyChange } from "../../../engine";
import { messageOf, UserError } from "../../../../lib/errors";
import { waitFor } from "../../../../lib/wait";
import { diffValues, keepIgnored } from "../diff";
import type { Diff, Kind, KindContext, Made } from "../kinds";
import { containsUnknown, object, text, type Values } from "../values";
import { KubeError, type KubeObject } from "./kubernetes/client";
import { connect, objectPath, type Connection, type ResourceType } from "./kubernetes/connection";
import { forcedReplacement, isAutonamed } from "./kubernetes/force-new";
import {
    bodyOf,
    completed,
    desired,
    hidden,
    isImmutableRefusal,
    isNamedIn,
    isSecretObject,
    outputsOf,
} from "./kubernetes/objects";
import { awaitReady } from "./kubernetes/await-ready";

const fieldManager = "anchorage-rehearsal";
const applyPatch = "application/apply-patch+yaml";

/** Any object of any group and version, by server-side apply. */
export const kubernetesKind: Kind = {
    check: (inputs, old, { name }) => completed(inputs, name, old?.inputs),

    async diff(old, news, inputDiff, context) {
        const byInputs: Diff = { kind: inputDiff.length > 0 ? "update" : "same", changes: inputDiff };
        const target = containsUnknown(nameOf(news)) ? undefined : await find(news, context);
        if (target === undefined) return byInputs;
        if (target === "unserved") return { kind: "recreate", changes: inputDiff };
        if (idOf(target) !== old.id) return moved(old.id ?? "", target, inputDiff);
        const forced = forcedReplacement(news, inputDiff, context.provider);
        if (forced) return { kind: "replace", changes: forced, deleteBeforeReplace: !isAutonamed(news) };
        const live = await target.client.get(target.path);
        if (!live || isTerminating(live)) return { kind: "recreate", changes: inputDiff };
        if (containsUnknown(news)) return byInputs;
        let applied: KubeObject;
        try {
            applied = await apply(target, news, context.ignoreChanges, live, true);
        } catch (error) {
            if (!(error instanceof KubeError) || !isImmutableRefusal(error.message)) throw error;
            const changes = inputDiff.map((change) =>
                isNamedIn(error.message, change.path) ? { ...change, replaces: true } : change,
            );
            return { kind: "replace", changes, deleteBeforeReplace: !isAutonamed(news) };
        }
        const changes = diffValues(hidden(desired(live), old.inputs), hidden(desired(applied), old.inputs));
        if (changes.length === 0 && inputDiff.length === 0) return { kind: "same", changes, outputs: outputsOf(live) };
        return { kind: "update", changes: changes.length > 0 ? changes : inputDiff, outputs: outputsOf(applied) };
    },

    async create(news, context) {
        const target = await awaitServed(news, context);
        const live = await target.client.get(target.path);
        if (live && isTerminating(live)) await awaitGone(target, live, context);
        else if (live && !context.interrupted && context.provider["upsertExistingObjects"] !== "true") {
            throw alreadyExists(target, context);
        }
        const applied = await apply(target, news, context.ignoreChanges, undefined, false);
        return settled(target, news, context, applied);
    },

    async update(old, news, context) {
        const target = await awaitServed(news, context);
        const live = await target.client.get(target.path);
        const applied = await apply(target, news, context.ignoreChanges, live, false);
        return settled(target, news, context, applied);
    },

    async read({ id, inputs, outputs }, context) {
        const target = await find({ ...kindOf(context), ...outputs, ...inputs, metadata: namedBy(id) }, context);
        if (target === undefined || target === "unserved") return undefined;
        const live = await target.client.get(target.path);
        return live && !isTerminating(live) ? made(target, live) : undefined;
    },

    async delete(old, context) {
        const target = await find({ ...old.inputs, metadata: namedBy(old.id) }, context);
        if (target === undefined || target === "unserved") return;
        const live = await target.client.get(target.path);
        if (!live) return;
        const annotations = object(object(live, "metadata"), "annotations");
        const propagationPolicy = capitalized(
            text(annotations, "pulumi.com/deletionPropagationPolicy") ?? "Foreground",
        );
        try {
            await target.client.request("DELETE", target.path, { body: { propagationPolicy } });
        } catch (error) {
            if (!(error instanceof KubeError) || error.status !== 404) throw error;
        }
        if (text(annotations, "pulumi.com/skipAwait") !== "true") await awaitGone(target, live, context);
    },

    visible: (before, after) => diffValues(desired(before), desired(after)),

    plannedId(inputs) {
        const { namespace, name } = nameOf(inputs);
        if (typeof name !== "string") return undefined;
        return typeof namespace === "string" ? `${namespace}/${name}` : name;
    },
};

/** One object at the API server. */
export interface Target extends Pick<Connection, "client"> {
    readonly type: ResourceType;
    readonly namespace: string | undefined;
    readonly name: string;
    readonly path: string;
}

export function nameOf(inputs: Values): { name: unknown; namespace: unknown } & Values {
    const { name, namespace } = object(inputs, "metadata");
    return { name: name ?? null, namespace: namespace ?? null };
}

export function namedBy(id: string): Values {
    const [first, second] = id.split("/");
    return second === undefined ? { name: first ?? "" } : { namespace: first ?? "", name: second };
}

/** `kubernetes:apps/v1:Deployment` as an object has it; core's group has no name. */
function kindOf({ type }: Pick<KindContext, "type">): Values {
    const [, apiVersion = "", kind = ""] = type.split(":");
    return { apiVersion: apiVersion.replace(/^core\//, ""), kind };
}

/** undefined: the cluster is not known yet. "unserved": the server does not know the kind (yet). */
export async function find(inputs: Values, context: KindContext): Promise<Target | "unserved" | undefined> {
    const connection = await connect(context.provider);
    if (!connection) return undefined;
    const type = await connection.discovery.find(text(inputs, "apiVersion") ?? "", text(inputs, "kind") ?? "");
    if (!type) return "unserved";
    const { client } = connection;
    const { name, namespace: given } = nameOf(inputs);
    if (typeof name !== "string") throw new Error("the object has no name");
    const namespace = type.namespaced ? (typeof given === "string" ? given : client.login.namespace) : undefined;
    return { client, type, namespace, name, path: objectPath(type, namespace ?? "", name) };
}

export function idOf({ namespace, name }: Target): string {
    return namespace === undefined ? name : `${namespace}/${name}`;
}

/** The kind may be served in a moment only: its definition was made just now. */
async function awaitServed(news: Values, context: KindContext): Promise<Target> {
    const target = await waitFor(
        async () => {
            const found = await find(news, context);
            return found === "unserved" ? undefined : (found ?? null);
        },
        {
            what: `the API server to serve ${text(news, "kind") ?? ""} of ${text(news, "apiVersion") ?? ""}`,
            timeoutMs: 15_000,
            signal: context.signal,
        },
    );
    if (!target) throw new Error("the cluster is not known");
    return target;
}

function moved(oldId: string, target: Target, inputDiff: readonly PropertyChange[]): Diff {
    const namesIt = ({ path }: PropertyChange): boolean => path === "metadata.name" || path === "metadata.namespace";
    const changes = inputDiff.map((change) => (namesIt(change) ? { ...change, replaces: true } : change));
    if (changes.length > 0) return { kind: "replace", changes };
    const change = { path: "metadata", kind: "update", before: oldId, after: idOf(target), replaces: true } as const;
    return { kind: "replace", changes: [change] };
}

/**
 * Fields that are to be ignored are sent as they live: what another one has set there stays. A field that the kind does
 * not have is refused, where Pulumi's provider would only warn: a rehearsal is to find it.
 */
async function apply(
    { client, path, namespace }: Target,
    news: Values,
    ignored: readonly string[],
    live: KubeObject | undefined,
    dryRun: boolean,
): Promise<KubeObject> {
    const wanted = bodyOf(news, namespace);
    const body = live && ignored.length > 0 ? keepIgnored(desired(live), wanted, ignored) : wanted;
    const query = { fieldManager, force: "true", fieldValidation: "Strict", ...(dryRun ? { dryRun: "All" } : {}) };
    return client.request("PATCH", path, { query, body, contentType: applyPatch });
}

async function settled(target: Target, news: Values, context: KindContext, applied: KubeObject): Promise<Made> {
    try {
        return made(target, await awaitReady(target.client, target.path, news, context, applied));
    } catch (error) {
        const live = await target.client.get(target.path);
        const what = `${text(news, "kind") ?? ""} ${idOf(target)} exists, and is not ready: ${messageOf(error)}`;
        const details = error instanceof UserError ? error.details : [];
        const failure = new UserError(what, { details, cause: error });
        return { ...made(target, live ?? {}), failure };
    }
}

export function made(target: Target, live: KubeObject): Made {
    return {
        id: idOf(target),
        outputs: outputsOf(live),
        secretOutputs: isSecretObject(live) ? ["data", "stringData"] : [],
    };
}

function isTerminating(live: KubeObject): boolean {
    return text(object(live, "metadata"), "deletionTimestamp") !== undefined;
}

async function awaitGone({ client, path }: Target, old: KubeObject, context: KindContext): Promise<void> {
    const uid = text(object(old, "metadata"), "uid");
    await waitFor(
        async () => {
            const live = await client.get(path);
            return live && text(object(live, "metadata"), "uid") === uid ? undefined : true;
        },
        {
            what: `${path} to be deleted`,
            timeoutMs: context.timeoutMs ?? 10 * 60_000,
            signal: context.signal,
            describe: async () => {
                const { finalizers } = object((await client.get(path)) ?? {}, "metadata");
                return `finalizers: ${JSON.stringify(finalizers ?? [])}`;
            },
        },
    );
}

function alreadyExists(target: Target, { name }: KindContext): UserError {
    return new UserError(`${target.type.plural} ${idOf(target)} already exists, and is not of this stack`, {
        next: [`delete it, give ${name} another name, or take it over with the resource option import`],
    });
}

function capitalized(word: string): string {
    return word.charAt(0).toUpperCase() + word.slice(1);
}
