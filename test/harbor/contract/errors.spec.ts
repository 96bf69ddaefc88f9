import assert from "node:assert/strict";
import { waitFor } from "../../../lib/wait";
import { contract } from "./harbor";

contract("errors", (harbor) => {
    it("are an envelope of JSON with a code and a message", async () => {
        const { admin } = harbor();
        const missing = await admin.get(`/projects/${harbor().name("missing")}`);
        missing.fails(404, "NOT_FOUND", /^project .* not found$/);
        assert.match(missing.header("content-type") ?? "", /^application\/json/);
        assert.deepEqual(Object.keys(missing.json as object), ["errors"]);
    });

    it("are three kinds of 403, told apart by the code alone", async () => {
        const { admin } = harbor();
        const user = harbor().as(await harbor().user());
        (await user.get("/configurations")).fails(403, "FORBIDDEN");
        const sid = (await admin.get("/systeminfo")).cookies.find((cookie) => cookie.startsWith("sid="));
        const withCookie = await admin.send("POST", "/projects", {
            body: { project_name: harbor().name() },
            headers: { cookie: sid?.split(";")[0] ?? "" },
        });
        withCookie.fails(403, "FORBIDDEN", /CSRF token/);
        try {
            (await admin.put("/configurations", { read_only: true })).is(200);
            (await admin.post("/projects", {})).fails(403, "DENIED", /read only/);
        } finally {
            (await admin.put("/configurations", { read_only: false })).is(200);
        }
    });

    it("are 401 for who is nobody or gives a wrong password, without a challenge", async () => {
        const { anonymous } = harbor();
        (await anonymous.get("/users")).fails(401, "UNAUTHORIZED");
        const wrong = await harbor()
            .as({ user: harbor().name("nobody"), password: "wrong" })
            .get("/users/current");
        wrong.fails(401, "UNAUTHORIZED");
        assert.equal(wrong.header("www-authenticate"), undefined);
    });

    it("are 422 for a body that is no JSON, or of another form", async () => {
        const { admin } = harbor();
        const broken = { body: "{", headers: { "content-type": "application/json" } };
        (await admin.send("POST", "/projects", broken)).fails(422, "UNPROCESSABLE_ENTITY");
        (await admin.post("/projects", { project_name: 5 })).is(422);
        (await admin.post("/projects")).is(422);
    });

    it("are 404 for a path that there is not, and 405 for a method", async () => {
        const { admin } = harbor();
        (await admin.get("/nowhere")).is(404);
        (await admin.send("PATCH", "/projects", { body: {} })).is(405);
    });

    it("take their time for a wrong password, and lock the name out that long, also with the right one", async () => {
        const { user, password } = await harbor().user();
        const right = harbor().as({ user, password });
        (await right.get("/users/current")).is(200);
        const begun = Date.now();
        const wrong = harbor().as({ user, password: "wrong" }).get("/users/current");
        // Until the wrong one is answered, the right one is refused as well.
        await waitFor(async () => ((await right.get("/users/current")).status === 401 ? true : undefined), {
            what: "the right password to be refused",
            timeoutMs: 1_400,
            intervalMs: 10,
        });
        (await wrong).is(401);
        assert.ok(Date.now() - begun > 1_400, "a wrong password was answered at once");
        await waitFor(async () => ((await right.get("/users/current")).status === 200 ? true : undefined), {
            what: "the name to be let in again",
            timeoutMs: 10_000,
        });
    });
});
