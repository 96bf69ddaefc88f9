import { gunzipSync } from "node:zlib";
import type { StackOutputs } from "../../config/contract";
import { UserError } from "../../lib/errors";
import { ExecFailure } from "../../lib/exec";
import { waitFor } from "../../lib/wait";
import { kubectlFlags, type ClusterDoor } from "../cluster-access";
import { veleroApi } from "./velero-objects";

/** Files that Velero keeps of a Backup or a Restore. */
export type VeleroFile = "BackupLog" | "BackupResults" | "RestoreLog" | "RestoreResults";

/** Milliseconds between two looks at an object: kubectl needs about 50 of them. */
export const lookEvery = 250;

/** Milliseconds in which a server that is there answers a request. */
const serverAnswers = 15_000;

/** Objects of Velero's namespace, by kubectl. */
export class VeleroObjects {
    constructor(
        private readonly outputs: StackOutputs,
        readonly namespace: string,
        private readonly door: ClusterDoor,
    ) {}

    get signal(): AbortSignal {
        return this.door.signal;
    }

    /** @returns undefined where there is no such object */
    async get<T>(resource: string, name: string): Promise<T | undefined> {
        const stdout = await this.kubectl(`read ${resource} ${name}`, [
            ...["get", resource, name, "--ignore-not-found", "-o", "json"],
        ]);
        return stdout.trim() === "" ? undefined : (JSON.parse(stdout) as T);
    }

    /** @returns the object's name */
    async create(what: string, object: object): Promise<string> {
        const stdout = await this.kubectl(
            what,
            ["create", "-f", "-", "-o", "jsonpath={.metadata.name}"],
            JSON.stringify(object),
        );
        return stdout.trim();
    }

    async remove(resource: string, name: string): Promise<void> {
        await this.kubectl(`delete ${resource} ${name}`, ["delete", resource, name, "--ignore-not-found"]);
    }

    async kubectl(what: string, args: readonly string[], input?: string): Promise<string> {
        const { exec, kubectl, signal } = this.door;
        const flags = [...kubectlFlags(this.outputs), "-n", this.namespace];
        try {
            const { stdout } = await exec(kubectl, [...flags, ...args], {
                signal,
                ...(input === undefined ? {} : { input }),
            });
            return stdout;
        } catch (error) {
            signal.throwIfAborted();
            if (!(error instanceof ExecFailure)) throw error;
            throw new UserError(`cannot ${what}`, {
                details: [error.stderr.trim().split("\n").at(-1) ?? error.message],
                next: [`kubectl ${flags.join(" ")} get pods shows whether the cluster and Velero are there`],
                cause: error,
            });
        }
    }

    /** As a person types it. */
    command(rest: string): string {
        return `kubectl ${kubectlFlags(this.outputs).join(" ")} -n ${this.namespace} ${rest}`;
    }
}

/** Version of the server that answers. @throws UserError where none does within 15 s */
export async function askServer(objects: VeleroObjects): Promise<string> {
    const { namespace } = objects;
    const name = await objects.create("ask Velero's server", {
        apiVersion: veleroApi,
        kind: "ServerStatusRequest",
        metadata: { generateName: "anchorage-", namespace },
        spec: {},
    });
    try {
        return await waitFor(
            async () => {
                const request = await objects.get<{ status?: { phase?: string; serverVersion?: string } }>(
                    "serverstatusrequests.velero.io",
                    name,
                );
                return request?.status?.phase === "Processed" ? (request.status.serverVersion ?? "") : undefined;
            },
            {
                what: "Velero's server to answer",
                timeoutMs: serverAnswers,
                intervalMs: lookEvery,
                signal: objects.signal,
            },
        );
    } catch (error) {
        objects.signal.throwIfAborted();
        if (!(error instanceof UserError)) throw error;
        throw new UserError("Velero's server does not answer", {
            details: error.details,
            next: [objects.command("get pods"), objects.command("logs deployment/velero --tail 20")],
            cause: error,
        });
    } finally {
        await objects.remove("serverstatusrequests.velero.io", name);
    }
}

/** A file that Velero keeps of a Backup or a Restore, by an address that it signs. @throws UserError where it cannot be had */
export async function downloadFile(objects: VeleroObjects, kind: VeleroFile, name: string): Promise<string> {
    const request = await objects.create(`ask Velero for ${kind} of ${name}`, {
        apiVersion: veleroApi,
        kind: "DownloadRequest",
        metadata: { generateName: "anchorage-", namespace: objects.namespace },
        spec: { target: { kind, name } },
    });
    try {
        const url = await waitFor(
            async () => {
                const asked = await objects.get<{ status?: { downloadURL?: string } }>(
                    "downloadrequests.velero.io",
                    request,
                );
                const address = asked?.status?.downloadURL;
                return address === undefined || address === "" ? undefined : address;
            },
            {
                what: `Velero to hand over ${kind} of ${name}`,
                timeoutMs: serverAnswers,
                intervalMs: lookEvery,
                signal: objects.signal,
            },
        );
        return await fetchZipped(url, objects.signal);
    } finally {
        await objects.remove("downloadrequests.velero.io", request);
    }
}

/** @throws UserError where the S3 cannot be reached from here under the address that Velero has */
async function fetchZipped(url: string, signal: AbortSignal): Promise<string> {
    const { host } = new URL(url);
    let answer: Response;
    try {
        answer = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(30_000)]) });
    } catch (error) {
        signal.throwIfAborted();
        throw new UserError(`${host} is not reached from this machine`, { cause: error });
    }
    if (!answer.ok) throw new UserError(`${host} answered ${String(answer.status)}`);
    return gunzipSync(Buffer.from(await answer.arrayBuffer())).toString();
}
