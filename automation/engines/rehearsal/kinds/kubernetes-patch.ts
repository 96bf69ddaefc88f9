import { messageOf, UserError } from "../../../../lib/errors";
import { diffValues } from "../diff";
import type { Diff, Kind, KindContext } from "../kinds";
import { containsUnknown, object, text, type Values } from "../values";
import { awaitReady } from "./kubernetes/await-ready";
import { KubeError, type KubeObject } from "./kubernetes/client";
import { bodyOf, desired, outputsOf } from "./kubernetes/objects";
import { find, idOf, made, nameOf, namedBy, type Target } from "./kubernetes";

/**
 * Fields of an object that somebody else made (kubernetes:apps/v1:DeploymentPatch and its like), by server-side apply
 * under a name of their own. As with Pulumi's provider: a field that belongs to another is a conflict unless
 * pulumi.com/patchForce says otherwise, and deleting the resource gives up its fields and nothing else.
 */
export const kubernetesPatchKind: Kind = {
    check(inputs, _old, { name }) {
        const { name: given } = nameOf(inputs);
        if (given === null) throw new UserError(`${name} patches an object, and does not say which: set metadata.name`);
        return inputs;
    },

    async diff(old, news, inputDiff, context) {
        const byInputs: Diff = { kind: inputDiff.length > 0 ? "update" : "same", changes: inputDiff };
        if (containsUnknown(nameOf(news))) return byInputs;
        const target = await find(news, context);
        if (target === undefined) return byInputs;
        if (target === "unserved") return { kind: "recreate", changes: inputDiff };
        if (idOf(target) !== old.id) {
            return { kind: "replace", changes: inputDiff.map((change) => ({ ...change, replaces: true })) };
        }
        const live = await target.client.get(target.path);
        if (!live) return { kind: "recreate", changes: inputDiff };
        if (containsUnknown(news)) return byInputs;
        const applied = await apply(target, news, context, true);
        const changes = diffValues(desired(live), desired(applied));
        if (changes.length === 0 && inputDiff.length === 0) return { kind: "same", changes, outputs: outputsOf(live) };
        return { kind: "update", changes: changes.length > 0 ? changes : inputDiff, outputs: outputsOf(applied) };
    },

    create: (news, context) => patch(news, context),
    update: (_old, news, context) => patch(news, context),

    async read({ id, inputs }, context) {
        const target = await find({ ...inputs, metadata: namedBy(id) }, context);
        if (target === undefined || target === "unserved") return undefined;
        const live = await target.client.get(target.path);
        return live && made(target, live);
    },

    async delete(old, context) {
        const target = await find({ ...old.inputs, metadata: namedBy(old.id) }, context);
        if (target === undefined || target === "unserved" || !(await target.client.get(target.path))) return;
        const { apiVersion, kind } = old.inputs;
        await apply(
            target,
            { apiVersion: apiVersion ?? "", kind: kind ?? "", metadata: namedBy(old.id) },
            context,
            false,
        );
    },
};

async function patch(news: Values, context: KindContext): ReturnType<Kind["create"]> {
    const target = await find(news, context);
    const live = target === undefined || target === "unserved" ? undefined : await target.client.get(target.path);
    if (target === undefined || target === "unserved" || !live) {
        const { namespace, name } = nameOf(news);
        throw new UserError(
            `${text(news, "kind") ?? ""} ${String(namespace)}/${String(name)} does not exist, so that ${context.name} has nothing to patch`,
        );
    }
    const applied = await apply(target, news, context, false);
    try {
        return made(target, await awaitReady(target.client, target.path, news, context, applied));
    } catch (error) {
        const what = `${text(news, "kind") ?? ""} ${idOf(target)} was patched, and is not ready: ${messageOf(error)}`;
        return { ...made(target, applied), failure: new UserError(what, { cause: error }) };
    }
}

async function apply(target: Target, news: Values, context: KindContext, dryRun: boolean): Promise<KubeObject> {
    const { client, path, namespace } = target;
    const force = text(object(object(news, "metadata"), "annotations"), "pulumi.com/patchForce") ?? "false";
    const query = {
        fieldManager: `anchorage-rehearsal-${context.name}`.slice(0, 128),
        force,
        fieldValidation: "Strict",
        ...(dryRun ? { dryRun: "All" } : {}),
    };
    const contentType = "application/apply-patch+yaml";
    try {
        return await client.request("PATCH", path, { query, body: bodyOf(news, namespace), contentType });
    } catch (error) {
        if (!(error instanceof KubeError) || error.status !== 409) throw error;
        throw new UserError(`${context.name} cannot patch ${idOf(target)}: ${error.message}`, { cause: error });
    }
}
