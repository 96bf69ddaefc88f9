import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
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

    /** @returns undefined where there is no such thing @throws Error where the server does not answer, or refuses */
    get(path: string): Promise<unknown> {
        return this.ask("GET", path);
    }

    /** Merges a patch into an object; does nothing where it is gone. @throws Error as {@link KubeClient.get} */
    async patch(path: string, patch: object): Promise<void> {
        await this.ask("PATCH", path, JSON.stringify(patch));
    }

    private ask(method: "GET" | "PATCH", path: string, body?: string): Promise<unknown> {
        return new Promise((resolve, reject) => {
            const headers = body === undefined ? {} : { "Content-Type": "application/merge-patch+json" };
            const options = { method, headers, agent: this.agent, timeout: 5_000 };
            const asked = request(`${this.server}${path}`, options, (response) => {
                const chunks: Buffer[] = [];
                response.on("data", (chunk: Buffer) => chunks.push(chunk));
                response.once("error", reject);
                response.once("end", () => {
                    if (response.statusCode === 404) resolve(undefined);
                    else if (response.statusCode === 200) resolve(JSON.parse(Buffer.concat(chunks).toString()));
                    else reject(new Error(`${method} ${path} answered ${String(response.statusCode)}`));
                });
            });
            asked.once("timeout", () => asked.destroy(new Error(`${method} ${path} was not answered`)));
            asked.once("error", reject);
            asked.end(body);
        });
    }
}
