import assert from "node:assert/strict";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { waitFor } from "../../../lib/wait";
import { contract, type TestProject } from "./harbor";
import { image, push } from "./images";
import { absent, like } from "./like";

contract("webhooks", (harbor) => {
    const path = ({ name }: TestProject): string => `/projects/${name}/webhook/policies`;
    const policy = (address: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
        name: "builds",
        enabled: true,
        event_types: ["PUSH_ARTIFACT"],
        targets: [{ type: "http", address, auth_header: "Bearer of-a-test", skip_cert_verify: false }],
        ...more,
    });

    it("are policies of a project, each name once", async () => {
        const { admin } = harbor();
        const project = await harbor().project();
        const created = (await admin.post(path(project), policy("http://127.0.0.1:9/hook"))).is(201);
        assert.match(created.header("location") ?? "", /^\/api\/v2\.0\/projects\/.*\/webhook\/policies\/\d+$/);
        (await admin.post(path(project), policy("http://127.0.0.1:9/hook"))).fails(409, "CONFLICT");
        const one = `${path(project)}/${created.id}`;
        (await admin.get(one)).has({
            id: created.id,
            name: "builds",
            enabled: true,
            event_types: ["PUSH_ARTIFACT"],
            // In clear: whoever may read policies of a project reads this.
            targets: [{ type: "http", address: "http://127.0.0.1:9/hook", auth_header: "Bearer of-a-test" }],
        });
        (await admin.get(path(project))).has([{ name: "builds" }]);
        (await admin.delete(one)).isEmpty(200);
        (await admin.get(one)).fails(404, "NOT_FOUND");
    });

    it("are replaced by PUT as a whole", async () => {
        const { admin } = harbor();
        const project = await harbor().project();
        const whole = policy("http://127.0.0.1:9/hook", { description: "tells the builder" });
        const { id } = (await admin.post(path(project), whole)).is(201);
        const next = policy("http://127.0.0.1:9/other", { id, enabled: false, event_types: ["PULL_ARTIFACT"] });
        (await admin.put(`${path(project)}/${id}`, next)).isEmpty(200);
        (await admin.get(`${path(project)}/${id}`)).has({
            enabled: false,
            description: absent,
            event_types: ["PULL_ARTIFACT"],
            targets: [{ address: "http://127.0.0.1:9/other" }],
        });
    });

    it("refuse what cannot be delivered", async () => {
        const { admin } = harbor();
        const project = await harbor().project();
        const bad = [
            policy("http://127.0.0.1:9", { targets: [] }),
            policy("http://127.0.0.1:9", { event_types: [] }),
            policy("http://127.0.0.1:9", { event_types: ["EARTHQUAKE"] }),
            policy("http://127.0.0.1:9", { targets: [{ type: "pigeon", address: "http://127.0.0.1:9" }] }),
            policy("ftp://127.0.0.1:9"),
        ];
        for (const body of bad) (await admin.post(path(project), body)).fails(400, "BAD_REQUEST");
    });

    it("name the events and kinds of targets that there are", async () => {
        const project = await harbor().project();
        const events = (await harbor().admin.get(`/projects/${project.name}/webhook/events`)).is(200);
        const { event_type, notify_type } = events.json as { event_type: string[]; notify_type: string[] };
        for (const event of ["PUSH_ARTIFACT", "PULL_ARTIFACT", "DELETE_ARTIFACT", "QUOTA_EXCEED"]) {
            assert.ok(event_type.includes(event), event);
        }
        assert.deepEqual([...notify_type].sort(), ["http", "slack"]);
    });

    describe("deliver", () => {
        const hooks: { headers: IncomingHttpHeaders; body: string }[] = [];
        let server: Server;
        let address: string;

        // Harbor must reach the test: it does where both run on one machine.
        before(async function () {
            if (!["127.0.0.1", "localhost"].includes(new URL(harbor().target.url).hostname)) this.skip();
            server = createServer((request, response) => {
                const chunks: Buffer[] = [];
                request.on("data", (chunk: Buffer) => chunks.push(chunk));
                request.on("end", () => {
                    hooks.push({ headers: request.headers, body: Buffer.concat(chunks).toString("utf8") });
                    response.end();
                });
            });
            await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
            address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
            harbor().afterwards(() => new Promise((closed) => server.close(closed)));
        });

        it("one message a push, with the header that the policy has", async () => {
            const { admin } = harbor();
            const project = await harbor().project();
            (await admin.post(path(project), policy(address))).is(201);
            const pushed = image("told");
            await push(admin, `${project.name}/app`, "1", pushed);
            const hook = await waitFor(() => hooks[0], { what: "the webhook's message", timeoutMs: 30_000 });
            assert.equal(hook.headers["authorization"], "Bearer of-a-test");
            like(JSON.parse(hook.body), {
                type: "PUSH_ARTIFACT",
                operator: "admin",
                event_data: {
                    repository: { repo_full_name: `${project.name}/app` },
                    resources: [{ digest: pushed.manifest.digest, tag: "1" }],
                },
            });
            assert.equal(hooks.length, 1);
        });
    });
});
