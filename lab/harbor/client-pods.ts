import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { messageOf } from "../../lib/errors";
import { exec } from "../../lib/exec";
import { clientPrograms, resolvePostgresClient } from "../tools/postgres-client";
import type { KubeClient } from "../kube-client";
import { readSecret } from "./cluster";
import type { Databases } from "./databases";
import { keeperOf } from "./keepers";

const podsForm = z.object({
    items: z.array(
        z.object({
            metadata: z.object({ name: z.string(), namespace: z.string(), uid: z.string() }),
            spec: z.object({
                nodeName: z.string().optional(),
                containers: z.array(
                    z.object({
                        env: z
                            .array(
                                z.object({
                                    name: z.string(),
                                    value: z.string().optional(),
                                    valueFrom: z
                                        .object({
                                            secretKeyRef: z.object({ name: z.string(), key: z.string() }).optional(),
                                        })
                                        .optional(),
                                }),
                            )
                            .default([]),
                    }),
                ),
            }),
        }),
    ),
});
type Pod = z.infer<typeof podsForm>["items"][number];

/** Where the pods of database clients are, in the API. */
export const clientPods = `/api/v1/pods?labelSelector=${encodeURIComponent("app.kubernetes.io/component=database-client")}`;

/**
 * Plays the container of a database's client: KWOK runs what is executed in such a Pod on this machine (its Exec object),
 * with PostgreSQL's programs and, in place of the stack's database, the one that the lab has for it.
 */
export class ClientPods {
    private readonly known = new Set<string>();
    private programs: Promise<string> | undefined;

    constructor(
        private readonly server: KubeClient,
        /** Gets the programs' wrappers. */
        private readonly folder: string,
        private readonly log: (line: string) => void,
    ) {}

    /** Looks for new ones. @param databases starts PostgreSQL where it does not run */
    async look(databases: () => Promise<Databases>): Promise<void> {
        const { items } = podsForm.parse(await this.server.get(clientPods));
        for (const pod of items) {
            if (pod.spec.nodeName === undefined || this.known.has(pod.metadata.uid)) continue;
            await this.serve(pod, await databases());
            this.known.add(pod.metadata.uid);
        }
    }

    private async serve(pod: Pod, databases: Databases): Promise<void> {
        const { name, namespace, uid } = pod.metadata;
        const env = pod.spec.containers[0]?.env ?? [];
        const value = (key: string): string | undefined => env.find((one) => one.name === key)?.value;
        const keeper = await keeperOf(this.server, namespace, {
            host: value("PGHOST"),
            port: value("PGPORT"),
            database: value("PGDATABASE"),
        });
        const reference = env.find((one) => one.name === "PGPASSWORD")?.valueFrom?.secretKeyRef;
        const password = reference && (await readSecret(this.server, namespace, reference));
        if (keeper === undefined) return;
        const beside = await databases.beside(value("PGDATABASE"));
        const known = (await databases.list()).some(({ database }) => database === keeper.database);
        // One that no core has used yet is made; what its owner's password is, core says.
        if (!beside && !known) await databases.provide(keeper, password);
        const { user, database } = beside ?? { user: keeper.database, database: keeper.database };
        this.programs ??= wrapPrograms(this.folder, this.log);
        const variables = {
            PATH: `${await this.programs}${path.delimiter}${process.env["PATH"] ?? ""}`,
            ...Object.fromEntries(env.flatMap((one) => (one.value === undefined ? [] : [[one.name, one.value]]))),
            PGHOST: databases.server.connection.host,
            PGPORT: "5432",
            PGUSER: user,
            PGDATABASE: database,
            PGPASSWORD: password ?? "",
            PGSSLMODE: "disable",
            PGSSLROOTCERT: "",
        };
        const exec = {
            apiVersion: "kwok.x-k8s.io/v1alpha1",
            kind: "Exec",
            metadata: { name, namespace, ownerReferences: [{ apiVersion: "v1", kind: "Pod", name, uid }] },
            spec: {
                execs: [
                    {
                        local: {
                            workDir: "/",
                            envs: Object.entries(variables).map(([key, text]) => ({ name: key, value: text })),
                        },
                    },
                ],
            },
        };
        await this.server.apply(`/apis/kwok.x-k8s.io/v1alpha1/namespaces/${namespace}/execs/${name}`, exec);
        this.log(`the client ${namespace}/${name} has the database ${database}`);
    }
}

/** @returns a folder with the programs; where there are none, each says why and fails */
async function wrapPrograms(folder: string, log: (line: string) => void): Promise<string> {
    await mkdir(folder, { recursive: true });
    let scripts: (readonly [name: string, script: string])[];
    try {
        const found = await resolvePostgresClient({ exec, env: process.env });
        scripts = found.map(({ name, file }) => [name, wrapper(file)]);
    } catch (error) {
        log(messageOf(error));
        const script = `#!/bin/sh\necho '${messageOf(error).replaceAll("'", "")}' >&2\nexit 127\n`;
        scripts = clientPrograms.map((name) => [name, script]);
    }
    for (const [name, script] of scripts) await writeFile(path.join(folder, name), script, { mode: 0o755 });
    return folder;
}

/**
 * Ends the program when nobody listens to it any more, as a kubelet's runtime does: KWOK neither closes the standard input
 * of a connection that was cut nor ends its process (v0.8.0, pkg/utils/exec), and the transaction would stay open.
 */
function wrapper(file: string): string {
    return `#!/bin/sh
trap '' PIPE
exec 3<&0
'${file}' "$@" <&3 3<&- &
program=$!
(
    exec 3<&- >&-
    while sleep 1 2>&-; do echo >&2 2>/dev/null || kill "$program"; done
) &
watch=$!
wait "$program"
code=$?
kill "$watch"
exit "$code"
`;
}
