import { connect } from "node:net";
import { messageOf } from "../../lib/errors";
import { waitFor } from "../../lib/wait";
import { portForwardArguments } from "../cluster-access";
import type { Step } from "../steps";
import { wrong, type Verification } from "./verification";

/** A port-forward for as long as the verification takes, where clients need one. */
export function forwardStep({ target, door }: Verification): Step[] {
    const args = portForwardArguments(target.outputs);
    if (args === undefined || target.withoutEntry !== undefined) return [];
    const { exposure } = target.outputs;
    const localPort = exposure.kind === "clusterIP" ? exposure.localPort : 0;
    const end = new AbortController();
    let forwarding: Promise<string> | undefined;
    return [
        {
            id: "forward",
            title: "forward the registry's port",
            plan: `kubectl ${args.join(" ")}`,
            skip: async () =>
                (await isOpen(localPort)) ? `port ${String(localPort)} is forwarded already` : undefined,
            run: async ({ signal }) => {
                // Ended by the undo alone: the project is deleted through it, also after Ctrl-C.
                const options = { signal: end.signal, endsInOrder: true } as const;
                let failed: string | undefined;
                forwarding = door.exec(door.kubectl, args, options).then(
                    () => (failed = "it ended"),
                    (error: unknown) => (failed = messageOf(error)),
                );
                await waitFor(
                    async () => {
                        if (failed !== undefined) throw wrong("the port cannot be forwarded", [failed]);
                        return (await isOpen(localPort)) ? true : undefined;
                    },
                    { what: "the port-forward", timeoutMs: 15_000, signal },
                );
                return `port ${String(localPort)}`;
            },
            undo: {
                title: "end the port-forward",
                when: "always",
                run: async () => {
                    end.abort();
                    await forwarding;
                },
            },
        },
    ];
}

/** Whether somebody takes connections on that port of this machine. */
export function isOpen(port: number): Promise<boolean> {
    return new Promise((resolve) => {
        const socket = connect(port, "localhost");
        socket.once("connect", () => {
            socket.destroy();
            resolve(true);
        });
        socket.once("error", () => {
            resolve(false);
        });
    });
}
