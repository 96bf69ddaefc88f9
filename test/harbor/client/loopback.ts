import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Pair } from "../../support/certificates";

/** A request as the server saw it. */
export interface Seen {
    readonly method: string;
    /** With the query. */
    readonly path: string;
    readonly headers: IncomingMessage["headers"];
    /** A character for each byte. */
    readonly body: string;
}

export type Handler = (request: Seen, response: ServerResponse, number: number) => void | Promise<void>;

/** A server on a free port of this machine that answers as a test says, and remembers what it was asked. */
export class Loopback {
    readonly seen: Seen[] = [];
    readonly port: number;
    readonly url: string;
    private constructor(
        private readonly server: Server,
        scheme: "http" | "https",
    ) {
        this.port = (server.address() as AddressInfo).port;
        this.url = `${scheme}://127.0.0.1:${String(this.port)}`;
    }

    /** @param port default: a free one */
    static async start(handler: Handler, tls?: Pair, port = 0): Promise<Loopback> {
        const listener = (request: IncomingMessage, response: ServerResponse): void => {
            void (async () => {
                const chunks: Buffer[] = [];
                for await (const chunk of request) chunks.push(chunk as Buffer);
                // Bytes as they are, one a character: layers come along, too.
                const body = Buffer.concat(chunks).toString("latin1");
                const { method = "", url = "", headers } = request;
                loopback.seen.push({ method, path: url, headers, body });
                await handler({ method, path: url, headers, body }, response, loopback.seen.length);
            })();
        };
        const server = tls
            ? createTlsServer({ cert: tls.certificate, key: tls.key }, listener)
            : createServer(listener);
        await new Promise<void>((ready) => server.listen(port, "127.0.0.1", ready));
        const loopback = new Loopback(server, tls ? "https" : "http");
        return loopback;
    }

    async stop(): Promise<void> {
        this.server.closeAllConnections();
        await new Promise((closed) => this.server.close(closed));
    }
}

export function json(response: ServerResponse, value: unknown, headers: Record<string, string | number> = {}): void {
    response.writeHead(200, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(value));
}

/** As Harbor writes its errors. */
export function harborError(
    response: ServerResponse,
    status: number,
    code: string,
    message: string,
    headers: Record<string, string | number> = {},
): void {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify({ errors: [{ code, message }] }));
}
