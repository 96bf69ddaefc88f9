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

/** The lab's API server, as far as the stand-in asks it. */
export class ApiServer {
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

    /** @returns undefined where there is no such thing @throws where the API server does not answer */
    async get(path: string): Promise<unknown> {
        const { status, text } = await this.ask("GET", path);
        if (status === 404) return undefined;
        if (status !== 200) throw new Error(`GET ${path} answered ${String(status)}`);
        return JSON.parse(text);
    }

    /** Makes the object, or makes it so. */
    async apply(path: string, object: object): Promise<void> {
        const { status, text } = await this.ask("PATCH", `${path}?fieldManager=anchorage-lab&force=true`, object);
        if (status >= 300) throw new Error(`PATCH ${path} answered ${String(status)}: ${text.slice(0, 500)}`);
    }

    private ask(method: string, path: string, body?: object): Promise<{ status: number; text: string }> {
        return new Promise((resolve, reject) => {
            const headers = body === undefined ? {} : { "Content-Type": "application/apply-patch+yaml" };
            const options = { method, headers, agent: this.agent, timeout: 5_000 };
            const asked = request(`${this.server}${path}`, options, (response) => {
                const chunks: Buffer[] = [];
                response.on("data", (chunk: Buffer) => chunks.push(chunk));
                response.once("error", reject);
                response.once("end", () => {
                    resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
                });
            });
            asked.once("timeout", () => asked.destroy(new Error(`${method} ${path} was not answered`)));
            asked.once("error", reject);
            // JSON is YAML.
            asked.end(body === undefined ? undefined : JSON.stringify(body));
        });
    }
}
