import { once } from "node:events";
import { request } from "node:https";

/**
 * Whether a component of the control plane says that it works.
 * @param url of its health endpoint on loopback, with a certificate that it has made for itself
 * @returns false also where nobody listens yet
 */
export async function isHealthy(url: string, signal?: AbortSignal): Promise<boolean> {
    const asked = request(url, { rejectUnauthorized: false, signal, timeout: 5_000 });
    asked.once("timeout", () => asked.destroy());
    asked.end();
    try {
        const [response] = (await once(asked, "response")) as [import("node:http").IncomingMessage];
        response.resume();
        return response.statusCode === 200;
    } catch {
        signal?.throwIfAborted();
        return false;
    }
}
