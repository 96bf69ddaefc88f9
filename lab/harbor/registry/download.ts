import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import type { RegistryBackend } from "../core";
import { ApiError } from "../http/errors";

/** Bytes that are read at a time. Node's HTTP client reads a quarter of it, and spends as much time on each piece. */
const piece = 256 * 1024;
/** Bytes that the head of an answer may have. */
const longestHead = 16 * 1024;

/**
 * Gets a path of the registry and hands on the answer in large pieces, as fast as the client takes them: content of
 * gigabytes passes through here, and each piece costs time whatever its size.
 * @throws 502 where the registry does not answer
 */
export async function download(
    { socketPath }: RegistryBackend,
    path: string,
    headers: Readonly<Record<string, string>>,
    response: ServerResponse,
): Promise<void> {
    await new Promise<void>((resolve, reject) => {
        let head: Buffer | undefined = Buffer.alloc(0);
        const failed = (cause?: Error): void => {
            if (response.headersSent) response.destroy(cause);
            reject(new ApiError(502, "BAD_GATEWAY", "the registry does not answer", {}, { cause }));
        };
        // The next piece is read into the same memory once this one is sent; meanwhile more of it gathers.
        const pass = (chunk: Buffer): boolean => {
            if (chunk.length === 0) return true;
            response.write(chunk, () => upstream.resume());
            return false;
        };
        const receive = (chunk: Buffer): boolean => {
            if (head === undefined) return pass(chunk);
            head = Buffer.concat([head, chunk]);
            const end = head.indexOf("\r\n\r\n");
            if (end < 0) {
                if (head.length > longestHead) upstream.destroy(new Error("an answer without an end of its head"));
                return true;
            }
            // Its own memory, since it was put together.
            const body = head.subarray(end + 4);
            writeHead(head.subarray(0, end).toString("latin1"), response);
            head = undefined;
            return pass(body);
        };
        const upstream = connect({
            path: socketPath,
            onread: {
                buffer: Buffer.allocUnsafeSlow(piece),
                callback: (length, buffer) => receive(Buffer.from(buffer.buffer, buffer.byteOffset, length)),
            },
        });
        response.once("close", () => {
            upstream.destroy();
            resolve();
        });
        upstream.once("error", failed);
        upstream.once("end", () => {
            if (head !== undefined) failed();
            else response.end();
        });
        const lines = Object.entries({ ...headers, connection: "close" }).map(([name, value]) => `${name}: ${value}`);
        upstream.write([`GET ${path} HTTP/1.1`, ...lines, "", ""].join("\r\n"));
    });
}

function writeHead(head: string, response: ServerResponse): void {
    const [status = "", ...lines] = head.split("\r\n");
    response.statusCode = Number(status.split(" ")[1] ?? 502);
    for (const line of lines) {
        const at = line.indexOf(":");
        const name = line.slice(0, at).toLowerCase();
        // Content has a length always; it ends with the connection, which is between us and the registry.
        if (name !== "connection") response.setHeader(name, line.slice(at + 1).trim());
    }
}
