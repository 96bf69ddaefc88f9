import assert from "node:assert/strict";
import { isCron, nextTime } from "../../../lab/harbor/cron";
import { matches } from "../../../lab/harbor/immutability";
import { parseQuery, parseSort } from "../../../lab/harbor/store/query";
import { waitFor } from "../../../lib/wait";
import { adminPassword, useHarbor, type TestHarbor } from "../../support/stand-in";

describe("the lab's Harbor: other registries and replication", function () {
    this.timeout(60_000);
    let harbor: TestHarbor;
    useHarbor((started) => (harbor = started));

    it("knows a registry that answers, masks its secret, and keeps it while a policy has it", async () => {
        const credential = { type: "basic", access_key: "admin", access_secret: adminPassword };
        // Its own /v2/ is a registry like any other.
        const body = { name: "other", url: harbor.url, type: "docker-registry", credential };
        const made = await harbor.ask("POST", "/registries", { body });
        assert.equal(made.status, 201, made.text);
        const path = (made.headers.get("location") ?? "").replace("/api/v2.0", "");
        const id = Number(path.split("/").at(-1));
        assert.equal((await harbor.ask("POST", "/registries", { body })).status, 409);
        assert.equal(
            (await harbor.ask("POST", "/registries", { body: { ...body, name: "x", type: "x" } })).status,
            500,
        );
        const dead = { ...body, name: "dead", url: "http://127.0.0.1:9" };
        assert.equal((await harbor.ask("POST", "/registries", { body: dead })).status, 400);
        const shown = (await harbor.ask("GET", path)).json as { credential: { access_secret: string } };
        assert.equal(shown.credential.access_secret, "*****");
        assert.equal((await harbor.ask("POST", "/registries/ping", { body: { id } })).status, 200);

        const policy = {
            name: "out",
            dest_registry: { id },
            trigger: { type: "scheduled", trigger_settings: { cron: "0 0 3 * * *" } },
            filters: [{ type: "name", value: "library/**" }],
            enabled: true,
            override: true,
        };
        const out = await harbor.ask("POST", "/replication/policies", { body: policy });
        assert.equal(out.status, 201, out.text);
        const policyPath = (out.headers.get("location") ?? "").replace("/api/v2.0", "");
        const policyId = Number(policyPath.split("/").at(-1));
        assert.equal((await harbor.ask("POST", "/replication/policies", { body: policy })).status, 409);
        const nowhere = { ...policy, name: "nowhere", dest_registry: { id: 999 } };
        assert.equal((await harbor.ask("POST", "/replication/policies", { body: nowhere })).status, 404);
        const wrong = {
            ...policy,
            name: "cron",
            trigger: { type: "scheduled", trigger_settings: { cron: "0 3 * * *" } },
        };
        assert.equal((await harbor.ask("POST", "/replication/policies", { body: wrong })).status, 400);
        const read = (await harbor.ask("GET", policyPath)).json as { dest_registry: { name: string } };
        assert.equal(read.dest_registry.name, "other");
        assert.equal((await harbor.ask("DELETE", path)).status, 412);

        const run = await harbor.ask("POST", "/replication/executions", { body: { policy_id: policyId } });
        assert.equal(run.status, 201);
        const runPath = (run.headers.get("location") ?? "").replace("/api/v2.0", "");
        await waitFor(async () => ((await harbor.ask("GET", runPath)).text.includes('"Succeed"') ? true : undefined), {
            what: "the replication to end",
            timeoutMs: 10_000,
            intervalMs: 20,
        });
        const { json } = await harbor.ask("GET", `/replication/executions?policy_id=${String(policyId)}`);
        assert.equal((json as unknown[]).length, 1);
        assert.equal((await harbor.ask("DELETE", policyPath)).status, 200);
        assert.equal((await harbor.ask("DELETE", path)).status, 200);
    });

    it("understands queries, cron and patterns as Harbor does", () => {
        assert.deepEqual(parseQuery("Level=project,ProjectID=2,name=~a,size=[1~9],tag={a b}"), [
            { key: "level", match: { kind: "exact", value: "project" } },
            { key: "project_id", match: { kind: "exact", value: "2" } },
            { key: "name", match: { kind: "fuzzy", value: "a" } },
            { key: "size", match: { kind: "range", min: "1", max: "9" } },
            { key: "tag", match: { kind: "any", values: ["a", "b"] } },
        ]);
        for (const wrong of ["name", "=a", "name=", "size=[1~2", "size=[~]", "tag={a"])
            assert.throws(() => parseQuery(wrong), { status: 400 }, wrong);
        assert.deepEqual(parseSort("name,-creation_time").at(-1), { key: "creation_time", descending: true });
        for (const cron of ["0 0 2 * * *", "0 */15 0-6 1,15 jan-mar mon", "0 0 0 * * 0"]) assert.ok(isCron(cron), cron);
        for (const cron of ["0 2 * * *", "1 0 2 * * *", "0 60 * * * *", "0 0 0 0 * *", "0 5-1 * * * *", "x"])
            assert.ok(!isCron(cron), cron);
        const from = new Date("2026-02-27T12:00:00Z");
        assert.equal(nextTime("0 30 2 1 * *", from)?.toISOString(), "2026-03-01T02:30:00.000Z");
        assert.equal(nextTime("0 0 0 29 2 *", from)?.toISOString(), "2028-02-29T00:00:00.000Z");
        for (const [pattern, name, fits] of [
            ["**", "a/b", true],
            ["*", "a/b", false],
            ["v?.{1,2}", "v1.2", true],
            ["v?.{1,2}", "v1.3", false],
            ["1.0", "1x0", false],
        ] as const)
            assert.equal(matches(pattern, name), fits, `${pattern} ${name}`);
    });
});
