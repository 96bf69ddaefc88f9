import assert from "node:assert/strict";
import { inspect } from "node:util";
import { openHarbor, type HarborClient } from "../../../harbor/client/client";
import { HarborError, type HarborErrorKind } from "../../../harbor/client/errors";
import type { TransportOptions } from "../../../harbor/client/transport";
import { ExitCode, UserError } from "../../../lib/errors";
import { Loopback, type Handler } from "./loopback";

export const password = "Hunter2-is-secret";
const token = Buffer.from(`admin:${password}`).toString("base64");

/** Everything of an error that a log could show. */
export function everything(error: unknown): string {
    const render = error instanceof UserError ? error.render() : "";
    return [render, inspect(error, { depth: 20, showHidden: true }), JSON.stringify(error)].join("\n");
}

/** The one error of a call: its kind, one line, exit code 1, and no secret anywhere in it. */
export async function failure(call: Promise<unknown>, kind: HarborErrorKind): Promise<HarborError> {
    const error: unknown = await call.then(
        () => assert.fail("it did not fail"),
        (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof HarborError, inspect(error));
    assert.equal(error.kind, kind, error.render());
    assert.equal(error.exitCode, ExitCode.failed);
    assert.doesNotMatch(error.message, /\n/);
    assertNoSecret(everything(error));
    return error;
}

export function assertNoSecret(shown: string): void {
    assert.ok(!shown.includes(password), `password in ${shown}`);
    assert.ok(!shown.includes(token), `token in ${shown}`);
}

/** Servers and clients of a test file; ended after each test. */
export class Scene {
    private readonly open: (() => Promise<void>)[] = [];

    constructor() {
        afterEach(async () => {
            for (const close of this.open.splice(0).reverse()) await close();
        });
    }

    onClose(close: () => Promise<void>): void {
        this.open.push(close);
    }

    /** A client that waits hardly at all between attempts. */
    client(url: string, options: Partial<TransportOptions> = {}): HarborClient {
        const { client, close } = openHarbor({
            url,
            user: "admin",
            password,
            retry: { baseMs: 1, capMs: 2 },
            ...options,
        });
        this.onClose(close);
        return client;
    }

    /** A server that answers as `handler` says, and a client of it. */
    async serve(
        handler: Handler,
        options: Partial<TransportOptions> = {},
    ): Promise<{ readonly server: Loopback; readonly client: HarborClient }> {
        const server = await Loopback.start(handler);
        this.onClose(() => server.stop());
        return { server, client: this.client(server.url, options) };
    }
}
