import { connect, rootCertificates, type PeerCertificate, type TLSSocket } from "node:tls";
import { isIP } from "node:net";
import { request } from "undici";
import { openConnections } from "../../harbor/client/connection";
import { lostConnection } from "../../harbor/client/lost-connections";
import type { Step } from "../steps";
import { wrong, type Verification } from "./verification";

/** Days before its end from which on a certificate is a failure: cert-manager renews at a third of the time, 30 days. */
const renewalDays = 7;
const day = 86_400_000;

/** What stands before Harbor: certificate, redirect, portal. */
export function entrySteps({ target }: Verification): Step[] {
    const { url, withoutEntry } = target;
    const encrypted = url.startsWith("https:");
    const notEncrypted = encrypted ? undefined : "the stack declares no TLS";
    return [
        {
            id: "certificate",
            title: "check the certificate",
            plan: `${url} has a certificate for its name, of a trusted CA, for ${String(renewalDays)} more days`,
            skip: () => withoutEntry ?? notEncrypted,
            run: ({ signal }) => checkCertificate(target.url, target.ca, signal),
        },
        {
            id: "redirect",
            title: "follow http to https",
            plan: "http leads to https on the same name",
            goOn: true,
            skip: () => withoutEntry ?? notEncrypted,
            run: ({ signal }) => checkRedirect(url, signal, target.httpPort),
        },
        {
            id: "portal",
            title: "open the portal",
            plan: `${url} answers with a page`,
            goOn: true,
            skip: () => withoutEntry,
            run: ({ signal }) => checkPortal(target.url, target.ca, signal),
        },
    ];
}

/** @returns who signed it and until when it holds */
export async function checkCertificate(url: string, ca: string | undefined, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const { hostname, port, origin } = new URL(url);
    const certificate = await new Promise<PeerCertificate>((resolve, reject) => {
        const socket: TLSSocket = connect({
            host: hostname,
            port: port === "" ? 443 : Number(port),
            ...(isIP(hostname) === 0 ? { servername: hostname } : {}),
            ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
        });
        const onAbort = (): void => void socket.destroy(new Error("interrupted"));
        signal.addEventListener("abort", onAbort, { once: true });
        socket.setTimeout(10_000, () => socket.destroy(Object.assign(new Error("timeout"), { code: "ETIMEDOUT" })));
        socket.once("error", reject);
        socket.once("secureConnect", () => {
            resolve(socket.getPeerCertificate());
            socket.end();
        });
        socket.once("close", () => {
            signal.removeEventListener("abort", onAbort);
        });
    }).catch((error: unknown) => {
        signal.throwIfAborted();
        throw lostConnection(error, "TLS", origin, false)?.error ?? error;
    });
    const until = new Date(certificate.valid_to);
    const days = Math.floor((until.getTime() - Date.now()) / day);
    if (days < renewalDays) {
        throw wrong(
            `the certificate of ${origin} ends in ${String(days)} days, on ${until.toISOString().slice(0, 10)}`,
            ["it should have been renewed by now"],
            ["look at the events of the Certificate in the cluster, or put a new one in place"],
        );
    }
    const issuer = [certificate.issuer.CN, certificate.issuer.O]
        .flat()
        .find((name) => name !== undefined && name !== "");
    return `by ${issuer ?? "an unnamed CA"}, until ${until.toISOString().slice(0, 10)}`;
}

/** The redirect of the exposure: to https, same name. Asked on port 80 whatever port https has. */
export async function checkRedirect(url: string, signal: AbortSignal, port = 80): Promise<string> {
    const { hostname } = new URL(url);
    const from = new URL(`http://${hostname}:${String(port)}/`);
    const { statusCode, headers, body } = await request(from, { signal, headersTimeout: 10_000 }).catch(
        (error: unknown) => {
            signal.throwIfAborted();
            throw lostConnection(error, "GET /", from.origin, false)?.error ?? error;
        },
    );
    await body.dump();
    const location = [headers["location"]].flat()[0];
    if (statusCode < 300 || statusCode >= 400 || location === undefined) {
        throw wrong(
            `${from.origin} answers ${String(statusCode)} in place of a redirect to https`,
            ["whoever types the name without https would send a password in clear"],
            ["npx anchorage preview shows whether the redirect is there"],
        );
    }
    const target = new URL(location, from);
    if (target.protocol !== "https:" || target.hostname !== hostname) {
        throw wrong(`${from.origin} leads to ${target.origin}, not to https://${hostname}`);
    }
    return `${String(statusCode)} to ${target.origin}`;
}

export async function checkPortal(url: string, ca: string | undefined, signal: AbortSignal): Promise<string> {
    const { origin } = new URL(url);
    const dispatcher = openConnections({ url, ...(ca === undefined ? {} : { ca }) });
    try {
        const { statusCode, headers, body } = await request(origin, { dispatcher, signal, headersTimeout: 10_000 });
        const text = await body.text();
        const type = [headers["content-type"]].flat()[0] ?? "no type";
        const title = /<title>([^<]*)<\/title>/i.exec(text)?.[1]?.trim();
        if (statusCode !== 200 || !type.startsWith("text/html")) {
            throw wrong(
                `the portal answers ${String(statusCode)} (${type})`,
                [],
                ["npx anchorage status shows whether the portal is ready"],
            );
        }
        return title === undefined || title === "" ? "a page without a title" : title;
    } catch (error) {
        signal.throwIfAborted();
        throw lostConnection(error, "GET /", origin, false)?.error ?? error;
    } finally {
        await dispatcher.close();
    }
}
