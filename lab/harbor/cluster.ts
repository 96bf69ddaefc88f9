import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { parse } from "yaml";
import { z } from "zod";
import type { Bucket } from "./registry/process";

const kubeconfigForm = z.object({
    clusters: z.tuple([
        z.object({
            cluster: z.object({
                server: z.string(),
                "certificate-authority": z.string().optional(),
                "certificate-authority-data": z.string().optional(),
            }),
        }),
    ]),
    users: z.tuple([
        z.object({
            user: z.object({
                "client-certificate": z.string().optional(),
                "client-certificate-data": z.string().optional(),
                "client-key": z.string().optional(),
                "client-key-data": z.string().optional(),
            }),
        }),
    ]),
});

const environment = z.array(
    z.object({
        name: z.string(),
        valueFrom: z.object({ secretKeyRef: z.object({ name: z.string(), key: z.string() }).optional() }).optional(),
    }),
);
const deploymentForm = z.object({
    metadata: z.object({ name: z.string(), namespace: z.string(), uid: z.string(), creationTimestamp: z.string() }),
    spec: z.object({
        template: z.object({
            spec: z.object({
                containers: z.array(
                    z.object({
                        name: z.string(),
                        env: environment.default([]),
                        envFrom: z
                            .array(z.object({ secretRef: z.object({ name: z.string() }).optional() }))
                            .default([]),
                    }),
                ),
            }),
        }),
    }),
    status: z.object({ readyReplicas: z.int().default(0) }).default({ readyReplicas: 0 }),
});
type Deployment = z.infer<typeof deploymentForm>;
const deploymentsForm = z.object({ items: z.array(deploymentForm) });
const secretForm = z.object({ data: z.record(z.string(), z.string()).default({}) });
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

/** A stack's Harbor whose core is Ready. */
export interface ReadyCore {
    /** Of the Deployment: another one is another Harbor. */
    readonly uid: string;
    readonly namespace: string;
    readonly adminPassword: string;
    /** Undefined where its content is in no S3. */
    readonly bucket: Omit<Bucket, "accessKey" | "secretKey"> | undefined;
}

/** The lab's API server, as far as the stand-in asks it. */
export class ClusterReader {
    private readonly agent: Agent;
    private readonly server: string;

    constructor(kubeconfig: string) {
        const { clusters, users } = kubeconfigForm.parse(parse(readFileSync(kubeconfig, "utf8")));
        const [{ cluster }] = clusters;
        const [{ user }] = users;
        const content = (file: string | undefined, data: string | undefined): Buffer | undefined =>
            data !== undefined ? Buffer.from(data, "base64") : file === undefined ? undefined : readFileSync(file);
        this.server = cluster.server;
        this.agent = new Agent({
            keepAlive: true,
            ca: content(cluster["certificate-authority"], cluster["certificate-authority-data"]),
            cert: content(user["client-certificate"], user["client-certificate-data"]),
            key: content(user["client-key"], user["client-key-data"]),
        });
    }

    /** The oldest core that is Ready; undefined where there is none. @throws where the API server does not answer */
    async readyCore(): Promise<ReadyCore | undefined> {
        const selector = encodeURIComponent("component=core,app=harbor");
        const { items } = deploymentsForm.parse(await this.get(`/apis/apps/v1/deployments?labelSelector=${selector}`));
        const ready = items
            .filter(({ status }) => status.readyReplicas > 0)
            .sort((a, b) => a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp));
        const [core] = ready;
        return core && this.describe(core);
    }

    private async describe({ metadata, spec }: Deployment): Promise<ReadyCore> {
        const { name, namespace, uid } = metadata;
        const container = spec.template.spec.containers.find((one) => one.name === "core");
        const variable = "HARBOR_ADMIN_PASSWORD";
        const given = container?.env.find((one) => one.name === variable)?.valueFrom?.secretKeyRef;
        const [ownSecret] = (container?.envFrom ?? []).flatMap(({ secretRef }) => secretRef ?? []);
        const reference = given ?? { name: ownSecret?.name ?? name, key: variable };
        const secret = secretForm.parse(await this.get(`/api/v1/namespaces/${namespace}/secrets/${reference.name}`));
        const configMap = `/api/v1/namespaces/${namespace}/configmaps/${name.replace(/-core$/, "-registry")}`;
        const { data } = configMapForm.parse(await this.get(configMap));
        const { s3 } = registryForm.parse(parse(data["config.yml"] ?? "storage: {}")).storage;
        return {
            uid,
            namespace,
            adminPassword: Buffer.from(secret.data[reference.key] ?? "", "base64").toString(),
            bucket: s3 && {
                bucket: s3.bucket,
                region: s3.region,
                endpoint: s3.regionendpoint ?? "",
                ...(s3.rootdirectory === undefined ? {} : { rootDirectory: s3.rootdirectory }),
            },
        };
    }

    private get(path: string): Promise<unknown> {
        return new Promise((resolve, reject) => {
            const asked = request(`${this.server}${path}`, { agent: this.agent, timeout: 5_000 }, (response) => {
                const chunks: Buffer[] = [];
                response.on("data", (chunk: Buffer) => chunks.push(chunk));
                response.once("error", reject);
                response.once("end", () => {
                    const text = Buffer.concat(chunks).toString();
                    if (response.statusCode === 200) resolve(JSON.parse(text));
                    else reject(new Error(`GET ${path} answered ${String(response.statusCode)}`));
                });
            });
            asked.once("timeout", () => asked.destroy(new Error(`GET ${path} was not answered`)));
            asked.once("error", reject);
            asked.end();
        });
    }
}
