import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { contract } from "./harbor";
import { absent } from "./like";

const login = { type: "basic", access_key: "robot", access_secret: "of-a-test" };
const masked = { ...login, access_secret: "*****" };

contract("other registries", (harbor) => {
    let server: Server;
    let url: string;

    // Harbor must reach the test, as with webhooks.
    before(async function () {
        if (!["127.0.0.1", "localhost"].includes(new URL(harbor().target.url).hostname)) this.skip();
        const right = `Basic ${Buffer.from(`${login.access_key}:${login.access_secret}`).toString("base64")}`;
        server = createServer((request, response) => {
            const known = request.headers.authorization === right;
            response.writeHead(known ? 200 : 401, known ? {} : { "www-authenticate": 'Basic realm="a test"' }).end();
        });
        await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
        url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        harbor().afterwards(() => new Promise((closed) => server.close(closed)));
    });

    const form = (more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
        name: harbor().name("registry"),
        url,
        type: "docker-registry",
        credential: login,
        ...more,
    });
    const make = async (more: Readonly<Record<string, unknown>> = {}): Promise<{ id: number; name: string }> => {
        const body = form(more);
        const { id } = (await harbor().admin.post("/registries", body)).is(201);
        harbor().afterwards(() => harbor().admin.delete(`/registries/${id}`));
        return { id, name: String(body["name"]) };
    };

    it("are known once by their name, with their secret masked", async () => {
        const { admin } = harbor();
        const { id, name } = await make();
        const shown = { id, name, url, type: "docker-registry", status: "healthy", credential: masked };
        (await admin.get(`/registries/${id}`)).has({ ...shown, insecure: absent, description: absent });
        (await admin.get("/registries", { q: `name=${name}` })).has([shown]);
        (await admin.get("/registries", { name: name.slice(3) })).has([shown]);
        (await admin.post("/registries", form({ name }))).fails(409, "CONFLICT");
        (await admin.get("/registries/999999999")).fails(404, "NOT_FOUND");
    });

    it("are taken if they answer, and if they take the login that is given", async () => {
        const { admin } = harbor();
        await make({ credential: undefined });
        const wrong = form({ credential: { ...login, access_secret: "another" } });
        (await admin.post("/registries", wrong)).fails(400, "BAD_REQUEST", /unhealthy/);
        (await admin.post("/registries", form({ url: "http://127.0.0.1:9" }))).fails(400, "BAD_REQUEST", /unhealthy/);
        for (const bad of [{ name: "" }, { name: "n".repeat(65) }, { url: "" }, { url: "ftp://127.0.0.1:9" }])
            (await admin.post("/registries", form(bad))).fails(400, "BAD_REQUEST");
        // A type that there is not is no mistake of the caller's, says Harbor.
        (await admin.post("/registries", form({ type: "pigeon-loft" }))).fails(500, "UNKNOWN");
    });

    it("change by PUT in what is named, and are tried again", async () => {
        const { admin } = harbor();
        const { id } = await make();
        (await admin.put(`/registries/${id}`, { description: "of a test" })).isEmpty(200);
        (await admin.put(`/registries/${id}`, { access_secret: "another" })).fails(400, "BAD_REQUEST", /unhealthy/);
        (await admin.get(`/registries/${id}`)).has({ url, description: "of a test", credential: masked });
        (await admin.post("/registries/ping", { id })).isEmpty(200);
        (await admin.post("/registries/ping", { id, access_secret: "another" })).fails(400, "BAD_REQUEST");
        (await admin.post("/registries/ping", { id: 999_999_999 })).fails(404, "NOT_FOUND");
    });

    it("tell what of them can be chosen, and Harbor which kinds it knows", async () => {
        const { admin } = harbor();
        const { id } = await make();
        (await admin.get(`/registries/${id}/info`)).has({
            type: "docker-registry",
            supported_resource_filters: [
                { type: "name", style: "input" },
                { type: "tag", style: "input" },
                { type: "resource", style: "radio", values: ["image"] },
            ],
            supported_triggers: ["manual", "scheduled"],
        });
        const kinds = (await admin.get("/replication/adapters")).is(200).json as string[];
        for (const kind of ["harbor", "docker-hub", "docker-registry"]) assert.ok(kinds.includes(kind), kind);
    });

    it("stay while a policy of replication has them", async () => {
        const { admin } = harbor();
        const { id } = await make();
        const policy = { name: harbor().name("copy"), src_registry: { id } };
        const made = (await admin.post("/replication/policies", policy)).is(201);
        (await admin.delete(`/registries/${id}`)).fails(412, "PRECONDITION", /replication policies/);
        (await admin.delete(`/replication/policies/${made.id}`)).isEmpty(200);
        (await admin.delete(`/registries/${id}`)).isEmpty(200);
        (await admin.delete(`/registries/${id}`)).fails(404, "NOT_FOUND");
    });

    it("are the administrator's business", async () => {
        const { anonymous } = harbor();
        (await anonymous.get("/registries")).fails(401, "UNAUTHORIZED");
        const user = harbor().as(await harbor().user());
        (await user.post("/registries", form())).fails(403, "FORBIDDEN");
        (await user.get("/replication/policies")).fails(403, "FORBIDDEN");
    });

    describe("replication", () => {
        const policyOf = (id: number, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
            name: harbor().name("copy"),
            dest_registry: { id },
            trigger: { type: "scheduled", trigger_settings: { cron: "0 0 3 * * *" } },
            filters: [{ type: "name", value: "no-such-project/**" }],
            enabled: true,
            ...more,
        });
        const keep = async (body: Readonly<Record<string, unknown>>): Promise<number> => {
            const { id } = (await harbor().admin.post("/replication/policies", body)).is(201);
            harbor().afterwards(() => harbor().admin.delete(`/replication/policies/${id}`));
            return id;
        };

        it("is told by policies, which say little of what they were not given", async () => {
            const { admin } = harbor();
            const { id } = await make();
            const least = { name: harbor().name("copy"), src_registry: { id } };
            (await admin.get(`/replication/policies/${await keep(least)}`)).has({
                name: least.name,
                src_registry: { id, credential: masked },
                dest_registry: { id: 0, name: "Local", type: "harbor" },
                // No empty list, as elsewhere.
                filters: null,
                trigger: absent,
                enabled: absent,
                deletion: absent,
                dest_namespace_replace_count: -1,
                speed: 0,
                copy_by_chunk: false,
                single_active_replication: false,
            });
            (await admin.post("/replication/policies", least)).fails(409, "CONFLICT");
        });

        it("deletes elsewhere what is deleted here by the word deletion alone", async () => {
            const { admin } = harbor();
            const { id } = await make();
            const policy = policyOf(id, { replicate_deletion: true });
            const path = `/replication/policies/${await keep(policy)}`;
            (await admin.get(path)).has({ deletion: absent, replicate_deletion: absent });
            (await admin.put(path, { ...policy, deletion: true })).isEmpty(200);
            (await admin.get(path)).has({ deletion: true, replicate_deletion: true });
        });

        it("is refused without one registry of two, or by times that there are not", async () => {
            const { admin } = harbor();
            const { id } = await make();
            const at = (cron: string): object => ({
                trigger: { type: "scheduled", trigger_settings: { cron } },
            });
            for (const wrong of [
                { name: "" },
                { src_registry: { id } },
                { dest_registry: { id: 0 } },
                { filters: [{ type: "colour", value: "red" }] },
                { trigger: { type: "whenever" } },
                ...["0 3 * * *", "1 0 3 * * *", "0 * 3 * * *", ""].map(at),
            ])
                (await admin.post("/replication/policies", policyOf(id, { ...wrong }))).fails(400, "BAD_REQUEST");
            (await admin.post("/replication/policies", policyOf(999_999_999))).fails(404, "NOT_FOUND");
        });

        it("begins at its times while it is enabled", async () => {
            const { admin } = harbor();
            const { id } = await make();
            const policy = policyOf(id);
            const number = await keep(policy);
            const scheduled = async (): Promise<readonly unknown[]> =>
                (await admin.get("/schedules", { page_size: 100 })).list
                    .filter((one) => one["vendor_type"] === "REPLICATION" && one["vendor_id"] === number)
                    .map((one) => one["cron"]);
            assert.deepEqual(await scheduled(), ["0 0 3 * * *"]);
            (await admin.put(`/replication/policies/${number}`, { ...policy, enabled: false })).isEmpty(200);
            assert.deepEqual(await scheduled(), []);
            const disabled = await admin.post("/replication/executions", { policy_id: number });
            disabled.fails(412, "PRECONDITION", /disabled/);
        });

        it("runs when asked, and tells of a run under the number of its Location", async () => {
            const { admin } = harbor();
            const { id } = await make();
            const number = await keep(policyOf(id));
            const run = (await admin.post("/replication/executions", { policy_id: number })).is(201);
            (await admin.get(`/replication/executions/${run.id}`)).has({ policy_id: number, trigger: "manual" });
            (await admin.get("/replication/executions", { policy_id: number })).has([{ id: run.id }]);
            (await admin.get("/replication/executions/999999999")).fails(404, "NOT_FOUND");
            (await admin.post("/replication/executions", { policy_id: 999_999_999 })).fails(404, "NOT_FOUND");
        });
    });
});
