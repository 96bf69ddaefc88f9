import { once } from "node:events";
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { pipeline } from "node:stream";

/** What becomes of a request instead of its way to the server. */
export type Fault =
    /** Answered so, as versitygw does where its disk is full, or another S3 by its quota. */
    | { readonly status: number; readonly code: string }
    /** Passed on; the answer comes with another time. */
    | { readonly aheadMs: number }
    /** Passed on once this is over, or never where it throws. */
    | { readonly after: () => Promise<void> };

/** A real S3 behind a door that can fail: every request is passed on as it came, but for what a test wants. */
export class FaultyS3 {
    /** Asked for each request: `PUT /bucket/key`. */
    fault: (what: string) => Fault | undefined = () => undefined;
    private server: Server | undefined;
    private readonly sockets = new Set<Socket>();

    private constructor(
        private readonly target: URL,
        private port = 0,
    ) {}

    static async start(endpoint: string): Promise<FaultyS3> {
        const door = new FaultyS3(new URL(endpoint));
        await door.up();
        return door;
    }

    get endpoint(): string {
        return `http://127.0.0.1:${String(this.port)}`;
    }

    /** Nobody listens any more, and every connection breaks. */
    async down(): Promise<void> {
        const { server } = this;
        this.server = undefined;
        if (server === undefined) return;
        const closed = once(server, "close");
        server.close();
        for (const socket of this.sockets) socket.destroy();
        await closed;
    }

    /** On the same port as before. */
    async up(): Promise<void> {
        if (this.server !== undefined) return;
        this.server = createServer((incoming, answer) => {
            this.take(incoming, answer).catch(() => answer.destroy());
        }).listen(this.port, "127.0.0.1");
        this.server.on("connection", (socket: Socket) => {
            this.sockets.add(socket);
            socket.once("close", () => this.sockets.delete(socket));
        });
        await once(this.server, "listening");
        this.port = (this.server.address() as AddressInfo).port;
    }

    private async take(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
        const { method = "", url = "" } = incoming;
        const fault = this.fault(`${method} ${decodeURIComponent(url)}`);
        if (fault !== undefined && "status" in fault) {
            incoming.resume();
            await once(incoming, "end");
            answer.writeHead(fault.status, { "content-type": "application/xml" });
            answer.end(`<Error><Code>${fault.code}</Code><Message>as the test wants it</Message></Error>`);
            return;
        }
        if (fault !== undefined && "after" in fault) await fault.after();
        const { hostname, port } = this.target;
        // With the Host that was signed.
        const on = request({ hostname, port, method, path: url, headers: incoming.headers });
        on.once("response", (from) => {
            const headers = { ...from.headers };
            if (fault !== undefined && "aheadMs" in fault) {
                headers.date = new Date(Date.now() + fault.aheadMs).toUTCString();
            }
            answer.writeHead(from.statusCode ?? 502, headers);
            pipeline(from, answer, () => undefined);
        });
        on.once("error", () => answer.destroy());
        pipeline(incoming, on, () => undefined);
    }
}
