import { z } from "zod";
import type { KubeClient } from "../kube-client";

/**
 * Velero's server reads twice what the API server serves, at its start and every five minutes after it (pkg/discovery, 1.18): a
 * kind that came between the two readings is known and cannot be listed, and each backup in those minutes ends
 * PartiallyFailed. A kubelet pulls an image first, and so comes too late for that; a lab starts it at once.
 */

/** Names only, without the schemas, which are megabytes. */
const definitionsForm = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
/** All groups in one document: what clients read since Kubernetes 1.30. */
const discoveryForm = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

const definitionsList = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })) });
const discoveryList = z.object({
    items: z.array(
        z.object({
            metadata: z.object({ name: z.string().default("") }),
            versions: z.array(z.object({ resources: z.array(z.object({ resource: z.string() })).default([]) })),
        }),
    ),
});

/** Kinds that are defined, and that the API server does not tell of yet: `serverstatusrequests.velero.io`. */
export async function unservedKinds(cluster: Pick<KubeClient, "get">): Promise<string[]> {
    const [definitions, discovery] = await Promise.all([
        cluster.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definitionsForm),
        cluster.get("/apis", discoveryForm),
    ]);
    const served = new Set(
        discoveryList
            .parse(discovery)
            .items.flatMap(({ metadata, versions }) =>
                versions.flatMap(({ resources }) => resources.map(({ resource }) => `${resource}.${metadata.name}`)),
            ),
    );
    return definitionsList
        .parse(definitions)
        .items.map(({ metadata }) => metadata.name)
        .filter((kind) => !served.has(kind));
}
