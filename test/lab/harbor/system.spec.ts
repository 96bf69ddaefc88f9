import assert from "node:assert/strict";
import { TestHarbor, useHarbor } from "../../support/stand-in";

describe("the lab's Harbor: what it is, its settings, read-only", function () {
    this.timeout(60_000);
    let harbor: TestHarbor;
    useHarbor((started) => (harbor = started));
    const readOnly = async (value: boolean): Promise<void> => {
        assert.equal((await harbor.ask("PUT", "/configurations", { body: { read_only: value } })).status, 200);
    };

    it("answers health and ping to anybody", async () => {
        assert.equal((await harbor.ask("GET", "/ping", { as: "" })).text, "Pong");
        const { json } = await harbor.ask("GET", "/health", { as: "" });
        const { status, components } = json as { status: string; components: { name: string; status: string }[] };
        assert.equal(status, "healthy");
        assert.ok(components.some(({ name }) => name === "database"));
    });

    it("tells its version and whether it is read-only to those who have logged in alone", async () => {
        const open = (await harbor.ask("GET", "/systeminfo", { as: "" })).json as Record<string, unknown>;
        assert.deepEqual(Object.keys(open).sort(), [
            "auth_mode",
            "banner_message",
            "oidc_provider_name",
            "primary_auth_mode",
            "self_registration",
        ]);
        const all = (await harbor.ask("GET", "/systeminfo")).json as Record<string, unknown>;
        assert.equal(all["harbor_version"], "v2.15.2-080b0220");
        assert.equal(all["read_only"], false);
        assert.equal(all["external_url"], harbor.url);
        assert.equal(all["registry_url"], harbor.url.replace("http://", ""));
    });

    it("takes settings of their type, and leaves out what is none", async () => {
        assert.equal((await harbor.ask("PUT", "/configurations", { body: { read_only: "true" } })).status, 422);
        assert.equal((await harbor.ask("PUT", "/configurations", { body: { no_such_key: 1 } })).status, 200);
        assert.equal((await harbor.ask("PUT", "/configurations", { as: "", body: { read_only: true } })).status, 401);
        await harbor.ask("PUT", "/configurations", { body: { token_expiration: 45 } });
        const { json } = await harbor.ask("GET", "/configurations");
        const settings = json as Record<string, { value: unknown; editable: boolean }>;
        assert.deepEqual(settings["token_expiration"], { editable: true, value: 45 });
        assert.equal(settings["oidc_client_secret"], undefined);
    });

    it("refuses every write while it is read-only, before it looks who asks, and reads go on", async () => {
        await readOnly(true);
        try {
            const writes = [
                harbor.ask("POST", "/projects", { body: { project_name: "no" } }),
                harbor.ask("POST", "/projects", { body: { project_name: "no" }, as: "" }),
                harbor.ask("PUT", "/jobservice/queues/all", { body: { action: "pause" } }),
                harbor.ask("DELETE", "/no/such/path"),
                harbor.raw("POST", "/v2/library/a/blobs/uploads/"),
            ];
            for (const { status, code } of await Promise.all(writes)) assert.deepEqual([status, code], [403, "DENIED"]);
            assert.equal((await harbor.ask("GET", "/projects")).status, 200);
            assert.equal((await harbor.raw("POST", "/service/token")).status, 405);
        } finally {
            await readOnly(false);
        }
        assert.equal((await harbor.ask("POST", "/projects", { body: { project_name: "yes" } })).status, 201);
    });

    it("says FORBIDDEN where the deployment has fixed its settings", async () => {
        const fixed = await TestHarbor.start({ fixedSettings: { read_only: true } });
        try {
            const { status, code } = await fixed.ask("PUT", "/configurations", { body: { self_registration: true } });
            assert.deepEqual([status, code], [403, "FORBIDDEN"]);
            const { json } = await fixed.ask("GET", "/configurations");
            assert.deepEqual((json as Record<string, unknown>)["read_only"], { editable: false, value: true });
        } finally {
            await fixed.close();
        }
    });

    it("counts, and lists what robots may do", async () => {
        const { json } = await harbor.ask("GET", "/statistics");
        assert.equal((json as { public_project_count: number }).public_project_count, 1);
        const permissions = (await harbor.ask("GET", "/permissions")).json as Record<string, unknown[]>;
        assert.ok((permissions["system"]?.length ?? 0) > 50);
        const log = (await harbor.ask("GET", "/auditlog-exts")).json as { resource: string; operation: string }[];
        assert.deepEqual(
            log.map(({ operation, resource }) => `${operation} ${resource}`),
            ["create yes"],
        );
    });
});
