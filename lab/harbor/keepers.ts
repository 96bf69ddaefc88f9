import { createHash } from "node:crypto";
import { z } from "zod";
import type { KubeClient } from "../kube-client";

/** What of the cluster keeps a stack's database: it lives as long as this object does. */
export interface Keeper {
    /** Name of the database in the lab's PostgreSQL. */
    readonly database: string;
    /** Of the object, in the API; undefined of a database outside of the cluster, which goes with the lab. */
    readonly path: string | undefined;
    readonly uid: string;
    /** As the API server writes times; undefined of what is outside. */
    readonly created: string | undefined;
}

/** Where Harbor, or a client, finds its database. */
export interface Place {
    readonly host: string | undefined;
    readonly port: string | undefined;
    readonly database: string | undefined;
}

const objectForm = z.object({ metadata: z.object({ uid: z.string(), creationTimestamp: z.string() }) });

/**
 * The object behind the host that a pod of the namespace is given: the claim of the chart's own database, the cluster of
 * an operator, or nothing of this cluster. A core that names no host has its data with its namespace.
 * @returns undefined where the namespace is gone
 */
export async function keeperOf(server: KubeClient, namespace: string, place: Place): Promise<Keeper | undefined> {
    const host = place.host?.replace(new RegExp(`\\.${namespace}(\\.svc.*)?$`), "");
    const paths = [
        ...(host === undefined || host.includes(".")
            ? []
            : [
                  `/api/v1/namespaces/${namespace}/persistentvolumeclaims/database-data-${host}-0`,
                  `/apis/postgresql.cnpg.io/v1/namespaces/${namespace}/clusters/${host.replace(/-rw$/, "")}`,
                  `/apis/acid.zalan.do/v1/namespaces/${namespace}/postgresqls/${host}`,
                  // The chart's own without a volume.
                  `/apis/apps/v1/namespaces/${namespace}/statefulsets/${host}`,
              ]),
        ...(host === undefined ? [`/api/v1/namespaces/${namespace}`] : []),
    ];
    for (const path of paths) {
        const found = await server.get(path);
        if (found === undefined) continue;
        const { uid, creationTimestamp } = objectForm.parse(found).metadata;
        return { database: `harbor_${uid.replaceAll("-", "")}`, path, uid, created: creationTimestamp };
    }
    if (host === undefined) return undefined;
    const uid = createHash("sha256").update([host, place.port, place.database].join("\0")).digest("hex").slice(0, 32);
    return { database: `harbor_${uid}`, path: undefined, uid, created: undefined };
}

/** Whether it is still there. */
export async function isKept(server: KubeClient, { path, uid }: Pick<Keeper, "path" | "uid">): Promise<boolean> {
    if (path === undefined) return true;
    const found = await server.get(path);
    return found !== undefined && objectForm.parse(found).metadata.uid === uid;
}
