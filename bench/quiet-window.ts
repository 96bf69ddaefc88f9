import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { openDatabaseClient, type DatabaseClient } from "../automation/backup/database";
import type { StackOutputs } from "../config/contract";
import { exec } from "../lib/exec";
import { waitFor } from "../lib/wait";
import { measurePairs, timed, type Figure } from "./harness";
import type { Sandbox } from "./sandbox";

function nowhere(): Writable {
    return new Writable({
        write: (_chunk, _encoding, done) => {
            done();
        },
    });
}

/**
 * How long Harbor is read-only for a whole backup set, against what a person would hold it for: a bare Backup of Velero
 * of the same namespace, waited for, and then pg_dump. On a lab with the real Velero and PostgreSQL.
 */
export async function quietWindow(sandbox: Sandbox): Promise<Figure[]> {
    const stack = ["--stack", "lab-backup", "--lab", "bench-quiet", "--engine", "rehearsal"];
    sandbox.onClose(() => sandbox.anchorage(["lab", "reset", "--name", "bench-quiet", "--yes"]));
    await sandbox.anchorage(["up", ...stack, "--yes"]);
    const { outputs } = await sandbox.anchorage<{ readonly outputs: StackOutputs }>(["outputs", ...stack]);
    const { backup, cluster, namespace } = outputs;
    if (backup === undefined || cluster.kubeconfig === undefined) throw new Error("the stack has no backup");
    const kubectl = sandbox.tool("kubectl");
    const flags = ["--kubeconfig", cluster.kubeconfig, "-n", backup.namespace];
    const door = { exec, kubectl, signal: new AbortController().signal };

    const bare = async (name: string, client: DatabaseClient): Promise<void> => {
        const object = {
            apiVersion: "velero.io/v1",
            kind: "Backup",
            metadata: { name, namespace: backup.namespace },
            spec: { includedNamespaces: [namespace], storageLocation: backup.location },
        };
        await exec(kubectl, [...flags, "create", "-f", "-"], { input: JSON.stringify(object) });
        const phase = ["get", "backups.velero.io", name, "-o", "jsonpath={.status.phase}"];
        await waitFor(
            async () => ((await exec(kubectl, [...flags, ...phase])).stdout === "Completed" ? true : undefined),
            { what: `Velero's backup ${name}`, timeoutMs: 300_000, intervalMs: 250 },
        );
        await pipeline(client.dump(), nowhere());
    };
    let round = 0;
    // A client of its own for each round, opened before the clock starts: `anchorage backup` takes away what an earlier
    // run has left behind, and a client that waits between two rounds is such a thing.
    const timedBare = async (): Promise<number> => {
        const client = await openDatabaseClient(outputs, door);
        try {
            return await timed(() => bare(`bare-${String(++round)}`, client));
        } finally {
            await client.close();
        }
    };
    const pairs = await measurePairs(
        {
            what: "quiet window of anchorage backup",
            measure: async () => (await sandbox.anchorage<{ readonly quietMs: number }>(["backup", ...stack])).quietMs,
        },
        {
            what: "velero backup, then pg_dump",
            measure: timedBare,
        },
        5,
    );
    return [
        {
            name: "quiet window of a backup",
            unit: "s",
            subject: pairs.subject,
            peer: { what: "bare `velero backup create`, then `pg_dump`", spread: pairs.peer },
            ratio: pairs.ratio,
            limit: { of: "ratio", most: 1.2 },
        },
    ];
}
