import assert from "node:assert/strict";
import { parseRetryAfter, waitBefore } from "../../../harbor/client/retry";
import { harborError, json, Loopback, type Handler } from "./loopback";
import { failure, Scene } from "./scene";

/** Answers with these statuses, one a request, then well. */
function statuses(...codes: readonly number[]): Handler {
    return (_, response, number) => {
        const status = codes[number - 1];
        if (status === undefined) json(response, { project_id: 1, name: "p1" });
        else if (status === 0) response.destroy();
        else harborError(response, status, "PASSING", "later");
    };
}

describe("retries of a Harbor client", () => {
    const scene = new Scene();

    for (const status of [429, 502, 503, 504, 0]) {
        const what = status === 0 ? "a lost connection" : String(status);
        it(`GET comes again after ${what}, and PUT and DELETE do`, async () => {
            const { server, client } = await scene.serve(statuses(status, status));
            assert.equal((await client.projects.get("p1")).name, "p1");
            assert.equal(server.seen.length, 3);
            const put = await scene.serve(statuses(status));
            await put.client.quotas.setStorage(1, -1);
            assert.deepEqual(
                put.server.seen.map(({ method, body }) => [method, body]),
                Array(2).fill(["PUT", '{"hard":{"storage":-1}}']),
            );
            const gone = await scene.serve(statuses(status));
            await gone.client.robots.delete(1);
            assert.equal(gone.server.seen.length, 2);
        });

        it(`POST and PATCH do not come again after ${what}: they may have been carried out`, async () => {
            const { server, client } = await scene.serve(statuses(status));
            const kind = status === 0 ? "unreachable" : status === 429 ? "rate-limited" : "server";
            await failure(client.projects.create({ project_name: "p1" }), kind);
            assert.equal(server.seen.length, 1);
            const patch = await scene.serve(statuses(status));
            await failure(patch.client.robots.refreshSecret(1), kind);
            assert.equal(patch.server.seen.length, 1);
        });
    }

    for (const status of [400, 401, 403, 404, 409, 412, 500]) {
        it(`${String(status)} is final`, async () => {
            const { server, client } = await scene.serve(statuses(status));
            await assert.rejects(client.projects.get("p1"));
            assert.equal(server.seen.length, 1);
        });
    }

    it("gives up after five attempts", async () => {
        const { server, client } = await scene.serve(statuses(...Array<number>(9).fill(503)));
        await failure(client.projects.get("p1"), "server");
        assert.equal(server.seen.length, 5);
    });

    it("a change of a password is not repeated: the old one holds once", async () => {
        const { server, client } = await scene.serve(statuses(503));
        await failure(client.users.setPassword(1, "New-Password-1", "Old-Password-1"), "server");
        assert.equal(server.seen.length, 1);
    });

    it("POST comes again where nobody took the connection, since nothing was sent", async () => {
        const created: Handler = (_, response) => {
            response.writeHead(201, { location: "/api/v2.0/projects/3" }).end();
        };
        const { server, client } = await scene.serve(created, { retry: { attempts: 9, baseMs: 50, random: () => 1 } });
        await server.stop();
        const call = client.projects.create({ project_name: "p3" });
        await new Promise((later) => setTimeout(later, 20));
        const back = await Loopback.start(created, undefined, server.port);
        scene.onClose(() => back.stop());
        assert.equal(await call, 3);
        assert.equal(back.seen.length, 1);
    });

    it("DELETE whose first answer was lost is done when nothing is there any more", async () => {
        const { server, client } = await scene.serve((_, response, number) => {
            if (number === 1) response.destroy();
            else harborError(response, 404, "NOT_FOUND", "robot 1 not found");
        });
        await client.robots.delete(1);
        assert.equal(server.seen.length, 2);
        const first = await scene.serve(statuses(404));
        await failure(first.client.robots.delete(1), "not-found");
    });

    it("waits as long as the server asks for", async () => {
        const { client } = await scene.serve((_, response, number) => {
            if (number === 1) harborError(response, 429, "TOO_MANY_REQUESTS", "later", { "retry-after": 1 });
            else json(response, { project_id: 1, name: "p1" });
        });
        const began = Date.now();
        await client.projects.get("p1");
        assert.ok(Date.now() - began >= 1_000);
    });

    it("does not wait beyond the call's time", async () => {
        const { server, client } = await scene.serve((_, response) => {
            harborError(response, 429, "TOO_MANY_REQUESTS", "later", { "retry-after": 3_600 });
        });
        // Were it waited for, the test would not end in its time.
        await failure(client.projects.get("p1", { timeoutMs: 600_000 }), "rate-limited");
        assert.equal(server.seen.length, 1);
    });

    it("waits a random part of a bound that doubles, and no longer than the cap", () => {
        const policy = { attempts: 9, baseMs: 100, capMs: 500, random: () => 1 };
        assert.deepEqual(
            [1, 2, 3, 4, 5].map((attempt) => waitBefore(attempt, undefined, policy)),
            [100, 200, 400, 500, 500],
        );
        assert.equal(waitBefore(3, undefined, { ...policy, random: () => 0 }), 0);
        assert.equal(waitBefore(1, 2_000, { ...policy, random: () => 0 }), 2_000, "never before the server wants it");
    });

    it("reads Retry-After in seconds and as a date", () => {
        const now = Date.parse("2026-11-23T10:00:00Z");
        assert.equal(parseRetryAfter("7", now), 7_000);
        assert.equal(parseRetryAfter("Mon, 23 Nov 2026 10:00:30 GMT", now), 30_000);
        assert.equal(parseRetryAfter("Mon, 23 Nov 2026 09:00:00 GMT", now), 0);
        assert.equal(parseRetryAfter("soon", now), undefined);
        assert.equal(parseRetryAfter(undefined, now), undefined);
    });
});
