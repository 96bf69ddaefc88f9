import { parse } from "yaml";
import { z } from "zod";
import type { KubeClient } from "../kube-client";
import { keeperOf, type Keeper } from "./keepers";
import type { Bucket } from "./registry/process";

const environment = z.array(
    z.object({
        name: z.string(),
        valueFrom: z.object({ secretKeyRef: z.object({ name: z.string(), key: z.string() }).optional() }).optional(),
    }),
);
const deploymentForm = z.object({
    metadata: z.object({ name: z.string(), namespace: z.string(), creationTimestamp: z.string() }),
    spec: z.object({
        template: z.object({
            spec: z.object({
                containers: z.array(
                    z.object({
                        name: z.string(),
                        image: z.string().default(""),
                        env: environment.default([]),
                        envFrom: z
                            .array(z.object({ secretRef: z.object({ name: z.string() }).optional() }))
                            .default([]),
                    }),
                ),
            }),
        }),
    }),
    status: z
        .object({ replicas: z.int().default(0), readyReplicas: z.int().default(0) })
        .default({ replicas: 0, readyReplicas: 0 }),
});
type Deployment = z.infer<typeof deploymentForm>;
const deploymentsForm = z.object({ items: z.array(deploymentForm) });
const podsForm = z.object({
    items: z.array(
        z.object({
            metadata: z.object({ name: z.string() }),
            status: z.object({
                conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
            }),
        }),
    ),
});
const configMapForm = z.object({ data: z.record(z.string(), z.string()).default({}) });
const registryForm = z.object({
    storage: z.object({
        s3: z
            .object({
                bucket: z.string(),
                region: z.string().default("us-east-1"),
                regionendpoint: z.string().optional(),
                rootdirectory: z.string().optional(),
            })
            .optional(),
    }),
});

/** A stack's Harbor. */
export interface Core {
    readonly namespace: string;
    /** When its data came to be, as far as the cluster knows: the oldest one is the lab's own. */
    readonly since: string;
    /** Whether one of its core's pods is Ready: else it does not serve. */
    readonly ready: boolean;
    /** Whether there is a pod of it. */
    readonly running: boolean;
    /** The release of Harbor that its image names; undefined where the image names none. */
    readonly release: string | undefined;
    readonly adminPassword: string;
    readonly keeper: Keeper;
    /** As core knows it. */
    readonly databaseName: string | undefined;
    /** Of the database; undefined where core names none. */
    readonly databasePassword: string | undefined;
    /** Undefined where its content is in no S3. */
    readonly bucket: Omit<Bucket, "accessKey" | "secretKey"> | undefined;
}

const ofCore = encodeURIComponent("component=core,app=harbor");
/** Where the Deployments of core are, in the API. */
export const coreDeployments = `/apis/apps/v1/deployments?labelSelector=${ofCore}`;

/** What runs in the lab's cluster. */
export class ClusterReader {
    constructor(readonly server: KubeClient) {}

    /** Every core there is, that with the oldest data first. @throws where the API server does not answer */
    async cores(): Promise<Core[]> {
        const { items } = deploymentsForm.parse(await this.server.get(coreDeployments));
        const cores = await Promise.all(items.map((item) => this.describe(item)));
        return cores
            .flatMap((core) => core ?? [])
            .sort((a, b) => a.since.localeCompare(b.since) || a.namespace.localeCompare(b.namespace));
    }

    /** Says of core's pods whether they are Ready, as a kubelet does. @param why not; undefined: they are */
    async markCorePods(namespace: string, why: string | undefined): Promise<void> {
        const pods = `/api/v1/namespaces/${namespace}/pods`;
        const { items } = podsForm.parse(await this.server.get(`${pods}?labelSelector=${ofCore}`));
        const status = why === undefined ? "True" : "False";
        for (const { metadata, status: now } of items) {
            if (now.conditions.every(({ type, status: is }) => type !== "Ready" || is === status)) continue;
            const conditions = ["Ready", "ContainersReady"].map((type) => ({
                ...{ type, status },
                ...(why === undefined ? {} : { reason: "ContainersNotReady", message: why }),
            }));
            await this.server.apply(`${pods}/${metadata.name}/status`, {
                apiVersion: "v1",
                kind: "Pod",
                metadata: { name: metadata.name, namespace },
                status: {
                    conditions,
                    ...(why === undefined ? {} : { containerStatuses: [endsAgainAndAgain(why)] }),
                },
            });
        }
    }

    /** Undefined while its namespace is being filled or emptied. */
    private async describe({ metadata, spec, status }: Deployment): Promise<Core | undefined> {
        const { name, namespace } = metadata;
        const container = spec.template.spec.containers.find((one) => one.name === "core");
        const variable = async (key: string): Promise<string | undefined> => {
            const given = container?.env.find((one) => one.name === key)?.valueFrom?.secretKeyRef;
            const [own] = (container?.envFrom ?? []).flatMap(({ secretRef }) => secretRef ?? []);
            const reference = given ?? { name: own?.name ?? name, key };
            return readSecret(this.server, namespace, reference);
        };
        const base = `/api/v1/namespaces/${namespace}/configmaps`;
        const ofRegistry = await this.server.get(`${base}/${name.replace(/-core$/, "-registry")}`);
        const adminPassword = await variable("HARBOR_ADMIN_PASSWORD");
        if (adminPassword === undefined || ofRegistry === undefined) return undefined;
        const { s3 } = registryForm.parse(
            parse(configMapForm.parse(ofRegistry).data["config.yml"] ?? "storage: {}"),
        ).storage;
        const { data } = configMapForm.parse((await this.server.get(`${base}/${name}`)) ?? {});
        const keeper = await keeperOf(this.server, namespace, {
            host: data["POSTGRESQL_HOST"],
            port: data["POSTGRESQL_PORT"],
            database: data["POSTGRESQL_DATABASE"],
        });
        return (
            keeper && {
                namespace,
                since: keeper.created ?? metadata.creationTimestamp,
                ready: status.readyReplicas > 0,
                running: status.replicas > 0,
                release: releaseOf(container?.image ?? ""),
                adminPassword,
                keeper,
                databaseName: data["POSTGRESQL_DATABASE"],
                databasePassword: await variable("POSTGRESQL_PASSWORD"),
                bucket: s3 && {
                    bucket: s3.bucket,
                    region: s3.region,
                    endpoint: s3.regionendpoint ?? "",
                    ...(s3.rootdirectory === undefined ? {} : { rootDirectory: s3.rootdirectory }),
                },
            }
        );
    }
}

/** Of Harbor, as its image's tag names it; undefined where that names none. */
export function releaseOf(image: string): string | undefined {
    return /:v?(\d+\.\d+\.\d+)(?:@|$)/.exec(image)?.[1];
}

/** Of a container, as a kubelet says it (core/v1). */
function endsAgainAndAgain(message: string): object {
    const waiting = { reason: "CrashLoopBackOff", message };
    return { name: "core", image: "", imageID: "", ready: false, restartCount: 3, state: { waiting } };
}

const secretForm = z.object({ data: z.record(z.string(), z.string()).default({}) });

/** Undefined where there is no such Secret, or no such key in it. */
export async function readSecret(
    server: KubeClient,
    namespace: string,
    { name, key }: { readonly name: string; readonly key: string },
): Promise<string | undefined> {
    const found = await server.get(`/api/v1/namespaces/${namespace}/secrets/${name}`);
    const value = found === undefined ? undefined : secretForm.parse(found).data[key];
    return value === undefined ? undefined : Buffer.from(value, "base64").toString();
}
