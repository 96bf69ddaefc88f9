import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { UserError } from "../../../lib/errors";
import { harborError, type Handler } from "./loopback";
import { failure, Scene } from "./scene";

describe("the time of a call", () => {
    const scene = new Scene();

    /** Answers nothing; the test ends the connections. */
    const silence: Handler = () => undefined;

    it("one request has its own limit", async () => {
        const { client } = await scene.serve(silence, { requestTimeoutMs: 50 });
        const error = await failure(client.projects.get("p1"), "timeout");
        assert.equal(error.message, "GET /projects/p1: no answer within 50 ms");
    });

    it("a body that stops coming is within it", async () => {
        const stalled = (_: unknown, response: ServerResponse): void => {
            response.writeHead(200, { "content-type": "application/json" });
            response.write("[");
        };
        const { client } = await scene.serve(stalled, { requestTimeoutMs: 50 });
        await failure(client.projects.list().toArray(), "timeout");
    });

    it("the whole call has one, over all attempts and pages", async () => {
        const { server, client } = await scene.serve((_, response) => harborError(response, 503, "UNAVAILABLE", "no"), {
            retry: { attempts: 1_000, baseMs: 20, capMs: 20 },
        });
        await failure(client.projects.get("p1", { timeoutMs: 500 }), "server");
        assert.ok(server.seen.length > 1 && server.seen.length < 1_000, String(server.seen.length));
        const silent = await scene.serve(silence);
        const error = await failure(silent.client.projects.get("p1", { timeoutMs: 50 }), "timeout");
        assert.equal(error.message, "GET /projects/p1: not done within 50 ms");
    });

    it("the caller ends a call with a signal, and gets its reason", async () => {
        const { client } = await scene.serve(silence);
        const interrupt = new AbortController();
        const call = client.projects.get("p1", { signal: interrupt.signal });
        const reason = new UserError("interrupted");
        setTimeout(() => interrupt.abort(reason), 30);
        await assert.rejects(call, reason);
        await assert.rejects(client.projects.get("p1", { signal: interrupt.signal }), reason);
    });

    it("and one that waits for its next attempt", async () => {
        const { client } = await scene.serve((_, response) =>
            harborError(response, 503, "UNAVAILABLE", "no", { "retry-after": "60" }),
        );
        const interrupt = new AbortController();
        const call = client.projects.get("p1", { signal: interrupt.signal });
        const reason = new UserError("interrupted");
        setTimeout(() => interrupt.abort(reason), 30);
        await assert.rejects(call, reason);
    });
});
