import { UserError } from "../../../../../lib/errors";
import { waitFor } from "../../../../../lib/wait";
import type { KindContext } from "../../kinds";
import { isObject, list, object, text, type Values } from "../../values";
import type { KubeClient, KubeObject } from "./client";
import { needsEndpoints, readiness, waitForMet, type Readiness, type Related } from "./readiness";

/**
 * Waits until an object is what it should become, and returns it as it lives then. The annotations
 * pulumi.com/skipAwait, waitFor and timeoutSeconds hold as with Pulumi's provider.
 * @param applied the object as the server has just answered it
 * @throws UserError
 */
export async function awaitReady(
    client: KubeClient,
    path: string,
    news: Values,
    context: KindContext,
    applied: KubeObject,
): Promise<KubeObject> {
    const annotations = object(object(news, "metadata"), "annotations");
    const skip = text(annotations, "pulumi.com/skipAwait") === "true";
    const expression = text(annotations, "pulumi.com/waitFor");
    const seconds = text(annotations, "pulumi.com/timeoutSeconds");
    let answered: KubeObject | undefined = applied;
    let last: Readiness = { state: "waiting", why: "it was not seen yet" };
    return waitFor(
        async () => {
            const live = answered ?? (await client.get(path));
            answered = undefined;
            if (!live) throw new UserError("it was deleted while it was waited for");
            if (skip) return live;
            last =
                expression === undefined ? readiness(live, await related(client, live)) : waitForMet(expression, live);
            if (last.state === "failed") throw new UserError(last.why);
            return last.state === "ready" ? live : undefined;
        },
        {
            what: `${text(news, "kind") ?? "the object"} ${text(object(news, "metadata"), "name") ?? ""} to be ready`,
            timeoutMs: seconds === undefined ? (context.timeoutMs ?? 10 * 60_000) : Number(seconds) * 1_000,
            intervalMs: 150,
            signal: context.signal,
            describe: () => (last.state === "ready" ? "it is ready now" : last.why),
        },
    );
}

async function related(client: KubeClient, live: KubeObject): Promise<Related> {
    const spec = object(live, "spec");
    const namespace = text(object(live, "metadata"), "namespace") ?? "";
    if (live["kind"] === "PersistentVolumeClaim") {
        const name = text(spec, "storageClassName");
        const found =
            name === undefined ? undefined : await client.get(`/apis/storage.k8s.io/v1/storageclasses/${name}`);
        const bindingMode = text(found, "volumeBindingMode");
        return bindingMode === undefined ? {} : { bindingMode };
    }
    if (live["kind"] === "Service" && live["apiVersion"] === "v1" && needsEndpoints(spec)) {
        const slices = await client.get(`/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`, {
            labelSelector: `kubernetes.io/service-name=${text(object(live, "metadata"), "name") ?? ""}`,
        });
        const endpoints = list(slices, "items")
            .filter(isObject)
            .flatMap((slice) => list(slice, "endpoints"))
            .filter((endpoint) => isObject(endpoint) && object(endpoint, "conditions")["ready"] !== false);
        return { endpoints: endpoints.length };
    }
    return {};
}
