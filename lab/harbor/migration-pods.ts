import { z } from "zod";
import { messageOf } from "../../lib/errors";
import type { KubeClient } from "../kube-client";
import { readSecret, releaseOf } from "./cluster";
import type { Databases } from "./databases";
import { keeperOf } from "./keepers";
import { Store } from "./store/store";

const named = z.object({ name: z.string() });
const podsForm = z.object({
    items: z.array(
        z.object({
            metadata: z.object({ name: z.string(), namespace: z.string(), deletionTimestamp: z.string().optional() }),
            spec: z.object({
                containers: z.tuple([
                    z.object({
                        name: z.string(),
                        image: z.string(),
                        env: z
                            .array(
                                z.object({
                                    name: z.string(),
                                    valueFrom: z
                                        .object({ secretKeyRef: named.extend({ key: z.string() }).optional() })
                                        .optional(),
                                }),
                            )
                            .default([]),
                        envFrom: z.array(z.object({ configMapRef: named.optional(), secretRef: named.optional() })),
                    }),
                ]),
            }),
            status: z.object({ phase: z.string().optional() }).default({}),
        }),
    ),
});
type Pod = z.infer<typeof podsForm>["items"][number];
const configMapForm = z.object({ data: z.record(z.string(), z.string()).default({}) });

/** Where the pods of the chart's migration Job are, in the API. */
export const migrationPods = `/api/v1/pods?labelSelector=${encodeURIComponent("app=harbor,component=migrator")}`;

/**
 * Plays the container of the chart's migration Job: core in mode `migrate`. Its pod has succeeded when the schema is that
 * of the release of its image, and has failed where it did not become that; the Stages of pods leave it alone.
 */
export class MigrationPods {
    constructor(
        private readonly server: KubeClient,
        private readonly log: (line: string) => void,
    ) {}

    /** Looks for those that run. @param databases starts PostgreSQL where it does not run */
    async look(databases: () => Promise<Databases>): Promise<void> {
        const { items } = podsForm.parse(await this.server.get(migrationPods));
        for (const pod of items) {
            if (pod.status.phase !== "Running" || pod.metadata.deletionTimestamp !== undefined) continue;
            const why = await this.migrate(pod, await databases());
            const { namespace, name } = pod.metadata;
            this.log(`the migration ${namespace}/${name} ${why === undefined ? "has succeeded" : `failed: ${why}`}`);
            await this.end(pod, why);
        }
    }

    /** @returns why it failed */
    private async migrate({ metadata: { namespace }, spec }: Pod, databases: Databases): Promise<string | undefined> {
        const [{ image, env, envFrom }] = spec.containers;
        const release = releaseOf(image);
        const [config] = envFrom.flatMap(({ configMapRef }) => configMapRef ?? []);
        const [secret] = envFrom.flatMap(({ secretRef }) => secretRef ?? []);
        if (release === undefined) return `the image ${image} names no release`;
        const found = await this.server.get(`/api/v1/namespaces/${namespace}/configmaps/${config?.name ?? ""}`);
        if (found === undefined) return `there is no ConfigMap ${config?.name ?? ""}`;
        const { data } = configMapForm.parse(found);
        const database = data["POSTGRESQL_DATABASE"];
        const place = { host: data["POSTGRESQL_HOST"], port: data["POSTGRESQL_PORT"], database };
        const keeper = await keeperOf(this.server, namespace, place);
        if (keeper === undefined) return "its namespace is gone";
        const key = "POSTGRESQL_PASSWORD";
        const given = env.find(({ name }) => name === key)?.valueFrom?.secretKeyRef;
        const password = await readSecret(this.server, namespace, given ?? { name: secret?.name ?? "", key });
        try {
            await Store.migrate(await databases.provide(keeper, password, database), release);
            return undefined;
        } catch (error) {
            return messageOf(error);
        }
    }

    /** As a kubelet says it (core/v1). */
    private async end({ metadata: { name, namespace }, spec }: Pod, why: string | undefined): Promise<void> {
        const [{ name: container, image }] = spec.containers;
        const ended = why === undefined ? { exitCode: 0, reason: "Completed" } : { exitCode: 1, reason: "Error" };
        const state = { terminated: { ...ended, ...(why === undefined ? {} : { message: why }) } };
        await this.server.apply(`/api/v1/namespaces/${namespace}/pods/${name}/status`, {
            apiVersion: "v1",
            kind: "Pod",
            metadata: { name, namespace },
            status: {
                phase: why === undefined ? "Succeeded" : "Failed",
                conditions: ["Ready", "ContainersReady"].map((type) => ({ type, status: "False" })),
                containerStatuses: [{ name: container, image, imageID: "", ready: false, restartCount: 0, state }],
            },
        });
    }
}
