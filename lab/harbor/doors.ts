import { createServer, type RequestListener, type Server } from "node:http";
import { errorBody } from "./http/errors";
import { send } from "./http/reply";
import { listen } from "./stand-in";

/** A port of the lab that a Harbor is reached by: it answers 503 while none is behind it. */
export class Door {
    listener: RequestListener | undefined;

    private constructor(
        private readonly server: Server,
        readonly url: string,
    ) {}

    /** @param port 0: any free one */
    static async open(port: number): Promise<Door> {
        const server = createServer({ keepAliveTimeout: 30_000 });
        const door = new Door(server, `http://127.0.0.1:${String(await listen(server, port))}`);
        server.on("request", (request, response) => {
            if (door.listener) {
                door.listener(request, response);
                return;
            }
            const body = errorBody("SERVICE_UNAVAILABLE", "no Harbor's core is Ready in the lab's cluster");
            send(response, { status: 503, headers: { "Retry-After": "1" }, body });
        });
        return door;
    }

    close(): void {
        this.server.close();
        this.server.closeAllConnections();
    }
}
