import assert from "node:assert/strict";
import { contract, type TestProject } from "./harbor";

contract("pages of lists", (harbor) => {
    let project: TestProject;
    const names = ["a", "b", "c", "d", "e"];

    before(async function () {
        this.timeout(60_000);
        project = await harbor().project();
        for (const name of names) {
            const label = { name, scope: "p", project_id: project.id };
            (await harbor().admin.post("/labels", label)).is(201);
        }
    });

    const list = (page: number, size: number, more: Record<string, string> = {}) =>
        harbor().admin.get("/labels", {
            scope: "p",
            project_id: project.id,
            sort: "name",
            page,
            page_size: size,
            ...more,
        });

    it("have so many, and tell of the whole", async () => {
        const first = (await list(1, 2)).is(200);
        assert.deepEqual(
            first.list.map((label) => label["name"]),
            ["a", "b"],
        );
        assert.equal(first.header("x-total-count"), "5");
        const last = (await list(3, 2)).is(200);
        assert.deepEqual(
            last.list.map((label) => label["name"]),
            ["e"],
        );
        const beyond = (await list(9, 2)).is(200);
        assert.deepEqual(beyond.list, []);
        assert.equal(beyond.header("x-total-count"), "5");
    });

    it("name the next and the last before by a path without a host", async () => {
        const links = async (page: number): Promise<Record<string, string>> => {
            const header = (await list(page, 2)).header("link") ?? "";
            const found = [...header.matchAll(/<([^>]*)>; ?rel="(\w+)"/g)];
            return Object.fromEntries(found.map(([, path, rel]) => [rel, path] as [string, string]));
        };
        const [first, second, third] = [await links(1), await links(2), await links(3)];
        assert.deepEqual(Object.keys(first), ["next"]);
        assert.deepEqual(Object.keys(second).sort(), ["next", "prev"]);
        assert.deepEqual(Object.keys(third), ["prev"]);
        for (const path of [first["next"], second["next"], second["prev"], third["prev"]]) {
            assert.match(path ?? "", /^\/api\/v2\.0\/labels\?/);
        }
        const next = new URL(first["next"] ?? "", "http://any").searchParams;
        assert.deepEqual([next.get("page"), next.get("page_size"), next.get("scope")], ["2", "2", "p"]);
        const followed = await harbor().admin.sendTo("GET", first["next"] ?? "", {});
        assert.deepEqual(
            followed.is(200).list.map((label) => label["name"]),
            ["c", "d"],
        );
    });

    it("are of ten if nothing is said, and of a hundred at most", async () => {
        const { admin } = harbor();
        const query = { scope: "p", project_id: project.id };
        (await admin.get("/labels", { ...query, page_size: 100 })).is(200);
        (await admin.get("/labels", { ...query, page_size: 101 })).is(422);
        (await admin.get("/projects", { page_size: 101 })).is(422);
        assert.ok((await admin.get("/projects", { page_size: 0 })).is(200).list.length > 0);
    });

    it("are asked by q, and what it does not understand is refused", async () => {
        const byName = await list(1, 10, { q: "name=c" });
        assert.deepEqual(
            byName.is(200).list.map((label) => label["name"]),
            ["c"],
        );
        (await harbor().admin.get("/projects", { q: "name" })).fails(400, "BAD_REQUEST");
    });
});
