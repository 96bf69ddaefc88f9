import { randomInt } from "node:crypto";
import { createServer, type Server } from "node:net";
import { codeOf } from "./errors";

/** From here on, and below what systems give to outgoing connections. */
const first = 10_000;
const count = 20_000;

/** A port on loopback that nobody listens on; see {@link freePorts}. */
export async function freePort(): Promise<number> {
    const [port = 0] = await freePorts(1);
    return port;
}

/** Whether nobody listens on that port of loopback. */
export async function isFree(port: number): Promise<boolean> {
    const server = await listen(port);
    if (server === undefined) return false;
    await close(server);
    return true;
}

/**
 * Ports on loopback that nobody listens on. None that a system gives to outgoing connections: one of those may have it while
 * a lab is stopped. At random: kwokctl counts down from 32767, so two labs that start at the same time get the same ones
 * from it, and its controller, which listens last, ends with "address already in use".
 */
export async function freePorts(wanted: number): Promise<number[]> {
    const held: Server[] = [];
    const ports: number[] = [];
    try {
        while (ports.length < wanted) {
            const port = first + randomInt(count);
            const server = await listen(port);
            if (server === undefined) continue;
            held.push(server); // held until all are found, so that none is found twice
            ports.push(port);
        }
    } finally {
        await Promise.all(held.map(close));
    }
    return ports;
}

/** Undefined where somebody else listens on it. */
function listen(port: number): Promise<Server | undefined> {
    return new Promise((resolve, reject) => {
        const server = createServer();
        server.once("error", (error) => {
            if (codeOf(error) === "EADDRINUSE" || codeOf(error) === "EACCES") resolve(undefined);
            else reject(error);
        });
        server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
            resolve(server);
        });
    });
}

function close(server: Server): Promise<unknown> {
    return new Promise((closed) => server.close(closed));
}
