import type { StackOutputs } from "../../config/contract";
import { openHarbor as openClient } from "../../harbor/client/client";
import { isHarborError } from "../../harbor/client/errors";
import type { TransportOptions } from "../../harbor/client/transport";
import { RegistryClient } from "../../harbor/registry/registry-client";
import { messageOf, UserError } from "../../lib/errors";
import { waitFor } from "../../lib/wait";
import { kubectlFlags, portForwardArguments, type ClusterDoor } from "../cluster-access";
import { isOpen } from "../verify/forward-step";
import { readTarget } from "../verify/target";
import type { OpenHarbor } from "./restoration";

/** Milliseconds that a Harbor has to answer whose pods are ready: names and load balancers come some time after. */
const answersWithin = 300_000;

/** Milliseconds for a request: the pull of a large blob takes longer than an answer. */
const requestTimeoutMs = 120_000;

/**
 * The stack's Harbor as its clients reach it, by a port-forward where they need one. Waits until it lets the
 * administrator in. @param lab where a stand-in for it answers
 * @param before what is to be done first, once Harbor can be reached: it may not answer yet
 */
export async function openStackHarbor(
    outputs: StackOutputs,
    door: ClusterDoor,
    lab: { readonly url: string } | undefined,
    update: (detail: string) => void,
    before?: (options: TransportOptions) => Promise<void>,
): Promise<OpenHarbor> {
    const args = lab === undefined ? portForwardArguments(outputs) : undefined;
    const port = outputs.exposure.kind === "clusterIP" ? outputs.exposure.localPort : 0;
    const forward = args === undefined || (await isOpen(port)) ? undefined : await startForward(args, port, door);
    return open(outputs, door, lab, update, forward, before);
}

/** A Harbor that only the cluster reaches, by a port-forward to its core. @param localPort of this machine */
export async function openInnerHarbor(
    place: StackOutputs,
    door: ClusterDoor,
    localPort: number,
    update: (detail: string) => void,
): Promise<OpenHarbor> {
    const service = `service/${place.release.name}-core`;
    const args = [
        ...kubectlFlags(place),
        ...["-n", place.namespace, "port-forward", service, `${String(localPort)}:80`],
    ];
    const forward = await startForward(args, localPort, door);
    return open(place, door, { url: `http://127.0.0.1:${String(localPort)}` }, update, forward);
}

async function open(
    outputs: StackOutputs,
    door: ClusterDoor,
    at: { readonly url: string } | undefined,
    update: (detail: string) => void,
    forward: Forward | undefined,
    before?: (options: TransportOptions) => Promise<void>,
): Promise<OpenHarbor> {
    try {
        const { url, user, password, ca } = await readTarget(outputs, door, at);
        const options = { url, user, password, requestTimeoutMs, ...(ca === undefined ? {} : { ca }) };
        await before?.(options);
        const { client, close } = openClient(options);
        const registry = new RegistryClient({ ...options, signal: door.signal });
        const closeAll = async (): Promise<void> => {
            await Promise.all([close(), registry.close()]);
            await forward?.end();
        };
        try {
            let last = "";
            await waitFor(
                async () => {
                    try {
                        return await client.users.current({ signal: door.signal });
                    } catch (error) {
                        if (!isHarborError(error)) throw error;
                        last = error.render();
                        update(messageOf(error));
                        return undefined;
                    }
                },
                {
                    what: `Harbor to answer on ${url}`,
                    timeoutMs: answersWithin,
                    // A wrong password locks the user for a moment: not asked so fast that it never opens.
                    intervalMs: 2_000,
                    signal: door.signal,
                    describe: () => last,
                },
            );
            return { url, client, registry, close: closeAll };
        } catch (error) {
            await closeAll();
            throw error;
        }
    } catch (error) {
        await forward?.end();
        throw error;
    }
}

interface Forward {
    readonly end: () => Promise<void>;
}

async function startForward(args: readonly string[], port: number, door: ClusterDoor): Promise<Forward> {
    const stop = new AbortController();
    let failed: string | undefined;
    const ended = door.exec(door.kubectl, args, { signal: stop.signal, endsInOrder: true }).then(
        () => {
            failed = "it ended";
        },
        (error: unknown) => {
            failed = messageOf(error);
        },
    );
    const end = async (): Promise<void> => {
        stop.abort();
        await ended;
    };
    try {
        await waitFor(
            async () => {
                if (failed !== undefined) throw new UserError("the port cannot be forwarded", { details: [failed] });
                return (await isOpen(port)) ? true : undefined;
            },
            { what: "the port-forward", timeoutMs: 15_000, signal: door.signal },
        );
        return { end };
    } catch (error) {
        await end();
        throw error;
    }
}
