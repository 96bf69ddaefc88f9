import { Agent, request as ask, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { RegistryBackend } from "../core";
import { ApiError } from "../http/errors";

/** Kept open, so that a layer in many pieces is not as many connections. */
const agent = new Agent({ keepAlive: true });

/** Headers that are about one connection, or that only core is to see. */
const ours = new Set([
    "authorization",
    "connection",
    "cookie",
    "expect",
    "keep-alive",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
]);

export interface Forwarded {
    readonly method: string;
    /** With its query. */
    readonly path: string;
    readonly headers: IncomingHttpHeaders;
    /** Sent as it arrives. @default nothing */
    readonly body?: IncomingMessage | Buffer;
}

/** Asks the registry; its answer's body is not read yet. @throws 502 where it does not answer */
export async function forward(
    backend: RegistryBackend | undefined,
    { method, path, headers, body }: Forwarded,
): Promise<IncomingMessage> {
    if (backend === undefined) throw new ApiError(502, "BAD_GATEWAY", "there is no registry behind this one");
    const upstream = ask({
        agent,
        socketPath: backend.socketPath,
        method,
        path,
        headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !ours.has(name))),
    });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
        upstream.once("response", resolve);
        upstream.once("error", (error) => {
            reject(new ApiError(502, "BAD_GATEWAY", "the registry does not answer", {}, { cause: error }));
        });
    });
    // Both may fail of the same cause; the answer is what is waited for.
    answered.catch(() => undefined);
    if (body === undefined) upstream.end();
    else if (Buffer.isBuffer(body)) upstream.end(body);
    else {
        await Promise.race([
            pipeline(body, upstream),
            // A registry that refuses a body has answered before it has all of it.
            answered,
        ]).catch((error: unknown) => {
            upstream.destroy();
            if (body.destroyed && !body.complete) throw error;
        });
    }
    return answered;
}

/** Hands the registry's answer on as it arrives. */
export async function relay(
    answer: IncomingMessage,
    response: ServerResponse,
    more: Readonly<Record<string, string>> = {},
): Promise<void> {
    for (const [name, value] of Object.entries(answer.headers))
        if (value !== undefined && name !== "connection" && name !== "keep-alive" && name !== "transfer-encoding")
            response.setHeader(name, value);
    for (const [name, value] of Object.entries(more)) response.setHeader(name, value);
    response.statusCode = answer.statusCode ?? 502;
    await pipeline(answer, response);
}

/** The whole of an answer that is known to be small. */
export async function textOf(answer: IncomingMessage): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
}
