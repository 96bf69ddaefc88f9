import assert from "node:assert/strict";
import { TestHarbor } from "../../support/stand-in";

interface Made {
    readonly id: number;
    readonly name: string;
    readonly secret: string;
}

const pull = { resource: "repository", action: "pull" };

describe("the lab's Harbor: robot accounts", function () {
    this.timeout(60_000);
    let harbor: TestHarbor;
    before(async () => {
        harbor = await TestHarbor.start();
        for (const project_name of ["p1", "p2"]) await harbor.ask("POST", "/projects", { body: { project_name } });
    });
    after(async () => {
        assert.deepEqual(harbor.log, []);
        await harbor.close();
    });
    const form = (name: string, more: object = {}): object => ({
        name,
        duration: -1,
        level: "project",
        permissions: [{ kind: "project", namespace: "p1", access: [pull] }],
        ...more,
    });
    const make = async (body: object): Promise<Made> => {
        const { status, json, text } = await harbor.ask("POST", "/robots", { body });
        assert.equal(status, 201, text);
        return json as Made;
    };

    it("shows its secret once, and logs in with it", async () => {
        const { id, name, secret } = await make(form("ci"));
        assert.equal(name, "robot$p1+ci");
        assert.match(secret, /^[A-Za-z0-9]{32}$/);
        const shown = (await harbor.ask("GET", `/robots/${String(id)}`)).json as Record<string, unknown>;
        assert.equal(shown["secret"], undefined);
        assert.equal(shown["level"], "project");
        assert.equal((await harbor.ask("GET", "/projects/p1/repositories", { as: `${name}:${secret}` })).status, 403);
        assert.equal((await harbor.ask("GET", "/users/current", { as: `${name}:${secret}` })).status, 412);
    });

    it("refuses what Harbor refuses, and a second of that name costs a number", async () => {
        const first = await make(form("twice"));
        const again = await harbor.ask("POST", "/robots", { body: form("twice") });
        assert.deepEqual([again.status, again.code], [409, "CONFLICT"]);
        assert.equal((await make(form("after"))).id, first.id + 2);
        const system = { kind: "system", namespace: "/", access: [{ resource: "audit-log", action: "list" }] };
        const wrong: [object, number][] = [
            [form("a", { duration: 0 }), 400],
            [form("a", { permissions: [{ kind: "project", namespace: "p1", access: [] }] }), 400],
            [form("a", { permissions: [] }), 400],
            [
                form("a", {
                    permissions: [{ kind: "project", namespace: "p1", access: [{ resource: "x", action: "y" }] }],
                }),
                400,
            ],
            [form("a", { permissions: [{ kind: "project", namespace: "none", access: [pull] }] }), 404],
            [form("A"), 400],
            [form("a", { level: "galaxy" }), 400],
            [form("a", { permissions: [{ ...system, kind: "project" }] }), 400],
            [form("a", { duration: "1" }), 422],
        ];
        for (const [body, status] of wrong)
            assert.equal((await harbor.ask("POST", "/robots", { body })).status, status, JSON.stringify(body));
    });

    it("lists those of the system, and a project's when asked; a plus sign is decoded twice", async () => {
        await make(form("listed"));
        await make(form("sys", { level: "system" }));
        const names = async (q: string): Promise<string[]> => {
            const { json } = await harbor.ask("GET", `/robots?page_size=100${q}`);
            return (json as { name: string }[]).map(({ name }) => name);
        };
        assert.deepEqual(await names(""), ["robot$sys"]);
        const { json } = await harbor.ask("GET", "/projects/p1");
        const { project_id } = json as { project_id: number };
        const inProject = `&q=Level=project,ProjectID=${String(project_id)}`;
        assert.ok((await names(inProject)).includes("robot$p1+listed"));
        assert.deepEqual(await names(`${inProject},name=p1%252Blisted`), ["robot$p1+listed"]);
        assert.deepEqual(await names(`${inProject},name=p1%2Blisted`), []);
        assert.deepEqual(await names(`${inProject},name=~listed`), ["robot$p1+listed"]);
        assert.equal((await harbor.ask("GET", "/robots?q=Level=project")).status, 400);
    });

    it("is changed as a whole, but not its name, its level or its project", async () => {
        const { id, name } = await make(form("changed", { description: "first" }));
        const path = `/robots/${String(id)}`;
        const put = async (body: object): Promise<number> => (await harbor.ask("PUT", path, { body })).status;
        assert.equal(await put(form("changed")), 400);
        assert.equal(await put(form(name, { level: "system" })), 400);
        const elsewhere = [{ kind: "project", namespace: "p2", access: [pull] }];
        assert.equal(await put(form(name, { permissions: elsewhere })), 400);
        assert.equal(await put(form(name, { disable: true, duration: 30 })), 200);
        const robot = (await harbor.ask("GET", path)).json as Record<string, unknown>;
        assert.equal(robot["description"], undefined);
        assert.deepEqual([robot["disable"], robot["duration"]], [true, 30]);
    });

    it("gets another secret, made or given, and is refused while it is disabled", async () => {
        const { id, name, secret } = await make(
            form("rotated", {
                level: "system",
                permissions: [
                    { kind: "system", namespace: "/", access: [{ resource: "project", action: "list" }] },
                    { kind: "project", namespace: "*", access: [pull, { resource: "project", action: "read" }] },
                ],
            }),
        );
        const path = `/robots/${String(id)}`;
        const sees = async (as: string): Promise<number> =>
            (await harbor.ask("GET", "/projects/p1", { as: `${name}:${as}` })).status;
        assert.equal(await sees(secret), 200);
        const patched = (await harbor.ask("PATCH", path, { body: { secret: "" } })).json as { secret: string };
        assert.equal(await sees(patched.secret), 200);
        assert.equal(await sees(secret), 401);
        assert.deepEqual((await harbor.ask("PATCH", path, { body: { secret: "Own1Secret" } })).json, {});
        assert.equal(await sees("Own1Secret"), 200);
        assert.equal((await harbor.ask("PATCH", path, { body: { secret: "weak" } })).status, 400);
        const { permissions } = (await harbor.ask("GET", path)).json as { permissions: object };
        const disabled = { name, level: "system", duration: -1, disable: true, permissions };
        assert.equal((await harbor.ask("PUT", path, { body: disabled })).status, 200);
        assert.equal(await sees("Own1Secret"), 401);
        assert.equal((await harbor.ask("DELETE", path)).status, 200);
        assert.equal((await harbor.ask("DELETE", path)).status, 404);
    });

    it("makes none that may do more than itself", async () => {
        const { name, secret } = await make(
            form("maker", {
                level: "system",
                permissions: [
                    { kind: "system", namespace: "/", access: [{ resource: "robot", action: "create" }] },
                    { kind: "project", namespace: "*", access: [pull, { resource: "robot", action: "create" }] },
                ],
            }),
        );
        const as = `${name}:${secret}`;
        assert.equal((await harbor.ask("POST", "/robots", { as, body: form("child") })).status, 201);
        const push = [{ kind: "project", namespace: "p1", access: [{ resource: "repository", action: "push" }] }];
        const refused = await harbor.ask("POST", "/robots", { as, body: form("more", { permissions: push }) });
        assert.deepEqual([refused.status, refused.code], [403, "DENIED"]);
    });

    it("goes with its project", async () => {
        await harbor.ask("POST", "/projects", { body: { project_name: "short" } });
        const { id } = await make(
            form("of-short", { permissions: [{ kind: "project", namespace: "short", access: [pull] }] }),
        );
        await harbor.ask("DELETE", "/projects/short");
        assert.equal((await harbor.ask("GET", `/robots/${String(id)}`)).status, 404);
    });
});
