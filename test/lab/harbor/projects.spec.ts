import assert from "node:assert/strict";
import { useHarbor, type TestHarbor } from "../../support/stand-in";

describe("the lab's Harbor: projects, quotas, labels, lists", function () {
    this.timeout(60_000);
    let harbor: TestHarbor;
    useHarbor((started) => (harbor = started));
    const make = async (project_name: string, more: object = {}): Promise<number> => {
        const { status, headers, text } = await harbor.ask("POST", "/projects", { body: { project_name, ...more } });
        assert.equal(status, 201, text);
        assert.equal(text, "");
        return Number(headers.get("location")?.replace("/api/v2.0/projects/", ""));
    };

    it("makes a project once, and by the number of its name or the name", async () => {
        const id = await make("p1", { metadata: { public: "false" }, storage_limit: 5_000 });
        const twice = await harbor.ask("POST", "/projects", { body: { project_name: "p1" } });
        assert.deepEqual([twice.status, twice.code], [409, "CONFLICT"]);
        const bad = await harbor.ask("POST", "/projects", { body: { project_name: "P1" } });
        assert.deepEqual([bad.status, bad.code], [400, "BAD_REQUEST"]);
        assert.equal((await harbor.ask("POST", "/projects", { body: {} })).status, 400);
        assert.equal((await harbor.ask("HEAD", "/projects?project_name=p1")).status, 200);
        assert.equal((await harbor.ask("HEAD", "/projects?project_name=none")).status, 404);
        const byId = (await harbor.ask("GET", `/projects/${String(id)}`)).json as { name: string };
        assert.equal(byId.name, "p1");
        const digits = await make("2024");
        assert.notEqual(digits, 2024);
        assert.equal((await harbor.ask("GET", "/projects/2024")).status, 404);
        const named = await harbor.ask("GET", "/projects/2024", { headers: { "x-is-resource-name": "true" } });
        assert.equal((named.json as { project_id: number }).project_id, digits);
    });

    it("changes a project's settings, and its quota only as a quota", async () => {
        const id = await make("p2", { storage_limit: 1_000 });
        const body = { metadata: { public: "true", auto_scan: "true" }, storage_limit: 2_000 };
        assert.equal((await harbor.ask("PUT", "/projects/p2", { body })).status, 200);
        const project = (await harbor.ask("GET", "/projects/p2")).json as { metadata: Record<string, string> };
        assert.deepEqual(project.metadata, { public: "true", auto_scan: "true" });
        const target = `/quotas?reference=project&reference_id=${String(id)}`;
        const [quota] = (await harbor.ask("GET", target)).json as { id: number; hard: object; ref: object }[];
        assert.deepEqual(quota?.hard, { storage: 1_000 });
        assert.deepEqual(quota.ref, { id, name: "p2", owner_name: "" });
        const put = async (hard: object): Promise<number> =>
            (await harbor.ask("PUT", `/quotas/${String(quota.id)}`, { body: { hard } })).status;
        assert.deepEqual(
            [
                await put({ storage: 3_000 }),
                await put({ storage: -1 }),
                await put({ storage: 0 }),
                await put({ count: 1 }),
            ],
            [200, 200, 400, 400],
        );
        assert.equal((await harbor.ask("PUT", "/quotas/9999", { body: { hard: { storage: 1 } } })).status, 404);
        const one = (await harbor.ask("GET", `/quotas/${String(quota.id)}`)).json as { update_time: string };
        assert.match(one.update_time, /^0001-01-01/);
    });

    it("has settings one by one", async () => {
        await make("p3");
        const path = "/projects/p3/metadatas";
        assert.equal((await harbor.ask("POST", path, { body: { auto_scan: "1" } })).status, 200);
        assert.deepEqual((await harbor.ask("GET", `${path}/auto_scan`)).json, { auto_scan: "true" });
        assert.equal((await harbor.ask("PUT", `${path}/auto_scan`, { body: { auto_scan: "maybe" } })).status, 400);
        assert.equal((await harbor.ask("DELETE", `${path}/auto_scan`)).status, 200);
        assert.deepEqual((await harbor.ask("GET", path)).json, { public: "false" });
    });

    it("deletes a project with what is in it, so that its name is free", async () => {
        await make("gone");
        assert.deepEqual((await harbor.ask("GET", "/projects/gone/_deletable")).json, { deletable: true });
        assert.equal((await harbor.ask("DELETE", "/projects/gone")).status, 200);
        assert.equal((await harbor.ask("GET", "/projects/gone")).status, 404);
        await make("gone");
    });

    it("shows a private project to nobody who may not see it", async () => {
        await make("private");
        assert.equal((await harbor.ask("GET", "/projects/private", { as: "" })).status, 401);
        assert.equal((await harbor.ask("GET", "/projects/no-such", { as: "" })).status, 401);
        const names = ((await harbor.ask("GET", "/projects", { as: "" })).json as { name: string }[]).map(
            (p) => p.name,
        );
        assert.ok(!names.includes("private"));
    });

    it("pages to the end with Link and X-Total-Count, at most 100 at a time", async () => {
        for (let index = 0; index < 5; index++) await make(`page-${String(index)}`);
        const first = await harbor.ask("GET", "/projects?name=page-&page_size=2&sort=name");
        assert.equal(first.headers.get("x-total-count"), "5");
        const link = first.headers.get("link") ?? "";
        assert.equal(link, '</api/v2.0/projects?name=page-&page=2&page_size=2&sort=name>; rel="next"');
        const second = await harbor.ask("GET", "/projects?name=page-&page_size=2&sort=name&page=2");
        assert.match(second.headers.get("link") ?? "", /page=1&.*rel="prev" , <.*page=3&.*rel="next"/);
        const names = (second.json as { name: string }[]).map(({ name }) => name);
        assert.deepEqual(names, ["page-2", "page-3"]);
        assert.equal((await harbor.ask("GET", "/projects?page_size=101")).status, 422);
        assert.equal((await harbor.ask("GET", "/projects?page_size=x")).status, 422);
        const q = await harbor.ask("GET", "/projects?q=name%3D~age-4");
        assert.equal((q.json as unknown[]).length, 1);
        assert.equal((await harbor.ask("GET", "/projects?q=name")).status, 400);
    });

    it("has labels of all projects and of one", async () => {
        const id = await make("labels");
        const body = { name: "stable", color: "#00AA00", scope: "g" };
        const made = await harbor.ask("POST", "/labels", { body });
        assert.equal(made.status, 201);
        assert.equal((await harbor.ask("POST", "/labels", { body })).status, 409);
        const own = { ...body, scope: "p", project_id: id };
        assert.equal((await harbor.ask("POST", "/labels", { body: own })).status, 201);
        assert.equal((await harbor.ask("POST", "/labels", { body: { ...body, scope: "x" } })).status, 400);
        const listed = await harbor.ask("GET", `/labels?scope=p&project_id=${String(id)}`);
        assert.equal((listed.json as unknown[]).length, 1);
        const path = (made.headers.get("location") ?? "").replace("/api/v2.0", "");
        assert.equal((await harbor.ask("PUT", path, { body: { ...body, name: "steady" } })).status, 200);
        assert.equal(((await harbor.ask("GET", path)).json as { name: string }).name, "steady");
        assert.equal((await harbor.ask("DELETE", path)).status, 200);
        assert.equal((await harbor.ask("GET", path)).status, 404);
    });
});
