import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import { parse } from "yaml";
import { z } from "zod";

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

/** Milliseconds before a watch that has ended begins again. */
const rewatchMs = 1_000;

/** The lab's API server, for a process that looks at it again and again: kubectl would cost more than it does. */
export class KubeClient {
    private readonly agent: Agent;
    private readonly server: string;

    /** @param kubeconfig path of a file as kwokctl writes it: one cluster, one user with a certificate */
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

    /**
     * @param form media type of the answer, where it is not the path's own
     * @returns undefined where there is no such thing
     * @throws Error where the server does not answer, or refuses
     */
    async get(path: string, form?: string): Promise<unknown> {
        const text = await this.ask("GET", path, form === undefined ? {} : { Accept: form });
        return text === undefined ? undefined : JSON.parse(text);
    }

    /** Merges a patch into an object; does nothing where it is gone. @throws Error as {@link KubeClient.get} */
    async patch(path: string, patch: object): Promise<void> {
        await this.ask("PATCH", path, { "Content-Type": "application/merge-patch+json" }, patch);
    }

    /** Makes the object, or makes it so. @throws Error as {@link KubeClient.get} */
    async apply(path: string, object: object): Promise<void> {
        // JSON is YAML.
        const made = `${path}?fieldManager=anchorage-lab&force=true`;
        const text = await this.ask("PATCH", made, { "Content-Type": "application/apply-patch+yaml" }, object);
        if (text === undefined) throw new Error(`PATCH ${path} answered 404`);
    }

    /**
     * Calls back for each change of what a list has, until the signal is aborted, and once at its begin. A watch that
     * breaks off begins again.
     * @param path of the list, with a query
     */
    async watch(path: string, changed: () => void, signal: AbortSignal): Promise<void> {
        while (!signal.aborted) {
            await this.follow(`${path}&watch=true`, changed, signal);
            await delay(rewatchMs, undefined, { signal }).catch(() => undefined);
        }
    }

    /** Until the server ends it, breaks it off, or has no such list. */
    private follow(path: string, changed: () => void, signal: AbortSignal): Promise<void> {
        return new Promise((resolve) => {
            const asked = request(`${this.server}${path}`, { agent: this.agent, signal }, (response) => {
                if (response.statusCode === 200) response.on("data", changed);
                else response.resume();
                response.once("close", resolve);
            });
            asked.once("error", () => {
                resolve();
            });
            asked.end();
        });
    }

    /** Undefined where there is no such thing. */
    private ask(
        method: "GET" | "PATCH",
        path: string,
        headers: Readonly<Record<string, string>>,
        body?: object,
    ): Promise<string | undefined> {
        return new Promise((resolve, reject) => {
            const options = { method, headers, agent: this.agent, timeout: 5_000 };
            const asked = request(`${this.server}${path}`, options, (response) => {
                const chunks: Buffer[] = [];
                response.on("data", (chunk: Buffer) => chunks.push(chunk));
                response.once("error", reject);
                response.once("end", () => {
                    const text = Buffer.concat(chunks).toString();
                    const { statusCode = 0 } = response;
                    if (statusCode === 404) resolve(undefined);
                    else if (statusCode < 300) resolve(text);
                    else reject(new Error(`${method} ${path} answered ${String(statusCode)}: ${text.slice(0, 500)}`));
                });
            });
            asked.once("timeout", () => asked.destroy(new Error(`${method} ${path} was not answered`)));
            asked.once("error", reject);
            asked.end(body === undefined ? undefined : JSON.stringify(body));
        });
    }
}
