import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer, request as httpRequest, type IncomingMessage, type Server } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect, createServer as createSocketServer, type AddressInfo } from "node:net";
import { userInfo } from "node:os";
import path from "node:path";
import { waitFor } from "../../lib/wait";

/** The haproxy that is on this machine; undefined where there is none. Distributions put it into /usr/sbin. */
export function haProxyBinary(): string | undefined {
    const folders = [...(process.env["PATH"] ?? "").split(path.delimiter), "/usr/sbin", "/usr/local/sbin"];
    return folders.map((folder) => path.join(folder, "haproxy")).find((file) => existsSync(file));
}

/** Who runs the test: haproxy may stay that user. */
export const currentUser = userInfo().username;

/** A port that is free on these addresses of loopback, in the range of node ports if that is wanted. */
export async function freePort(addresses: readonly string[], range?: readonly [number, number]): Promise<number> {
    for (let attempt = 0; attempt < 50; attempt++) {
        const wanted = range === undefined ? 0 : range[0] + Math.floor(Math.random() * (range[1] - range[0]));
        const port = await tryPort(addresses, wanted);
        if (port !== undefined) return port;
    }
    throw new Error("no port is free");
}

async function tryPort(addresses: readonly string[], wanted: number): Promise<number | undefined> {
    let port = wanted;
    for (const address of addresses) {
        const server = createSocketServer();
        try {
            server.listen(port, address);
            await once(server, "listening");
            port = (server.address() as AddressInfo).port;
        } catch {
            return undefined;
        } finally {
            server.close();
        }
    }
    return port;
}

/** A node that answers with its own name and the headers that came. @param statusOf by the request's path @default 200 */
export async function startNode(
    address: string,
    port: number,
    statusOf: (url: string) => number = () => 200,
): Promise<Server> {
    const server = createServer(({ url = "", headers }, response) => {
        response.writeHead(statusOf(url)).end(JSON.stringify({ address, url, headers }));
    });
    server.listen(port, address);
    await once(server, "listening");
    return server;
}

/** Runs haproxy in the foreground until `stop`. */
export async function startHaProxy(binary: string, file: string, port: number): Promise<{ stop(): Promise<void> }> {
    const child = spawn(binary, ["-db", "-f", file], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (data: Buffer) => (said += data.toString()));
    await waitFor(
        async () => {
            if (child.exitCode !== null) throw new Error(`haproxy ended: ${said}`);
            return (await answers(port)) ? true : undefined;
        },
        { what: "haproxy to listen", timeoutMs: 10_000, intervalMs: 50 },
    );
    return {
        async stop() {
            if (child.exitCode !== null) return;
            child.kill("SIGTERM");
            await once(child, "exit");
        },
    };
}

function answers(port: number): Promise<boolean> {
    return new Promise((resolve) => {
        const socket = connect(port, "127.0.0.1");
        const done = (answer: boolean) => (): void => {
            socket.destroy();
            resolve(answer);
        };
        socket.once("connect", done(true)).once("error", done(false));
    });
}

export interface Answer {
    readonly status: number;
    readonly headers: IncomingMessage["headers"];
    readonly body: string;
}

/** A request to loopback as for that host. @param ca trusted for https; http without it */
export function ask(
    port: number,
    host: string,
    options: { readonly ca?: string; readonly path?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Answer> {
    const { ca, path: target = "/", headers = {} } = options;
    const send = ca === undefined ? httpRequest : httpsRequest;
    return new Promise((resolve, reject) => {
        const request = send(
            {
                host: "127.0.0.1",
                port,
                path: target,
                headers: { host, ...headers },
                agent: false,
                ...(ca === undefined ? {} : { ca, servername: host }),
            },
            (response) => {
                let body = "";
                response.on("data", (data: Buffer) => (body += data.toString()));
                response.on("end", () => {
                    resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
                });
            },
        );
        request.on("error", reject).end();
    });
}
