import assert from "node:assert/strict";
import { waitFor } from "../../../lib/wait";
import { admin, adminPassword, useHarbor, type TestHarbor } from "../../support/stand-in";

describe("the lab's Harbor: sessions, forged requests, logins", function () {
    this.timeout(60_000);
    let harbor: TestHarbor;
    useHarbor((started) => (harbor = started));
    const cookies = (headers: Headers): string =>
        headers
            .getSetCookie()
            .map((cookie) => cookie.split(";")[0])
            .join("; ");

    it("gives everyone a session, and refuses writes of who sends it back without a token", async () => {
        const first = await harbor.ask("GET", "/projects");
        const sid = cookies(first.headers);
        assert.match(sid, /^sid=[0-9a-f]+$/);
        const body = { project_name: "forged" };
        const refused = await harbor.ask("POST", "/projects", { body, headers: { cookie: sid } });
        assert.deepEqual([refused.status, refused.code], [403, "FORBIDDEN"]);
        assert.match(refused.text, /CSRF token not found in request/);
        assert.equal((await harbor.ask("POST", "/projects", { body })).status, 201);
    });

    it("lets a browser write that has logged in and sends the token", async () => {
        const page = await harbor.raw("GET", "/c/anything", { as: "" });
        const token = page.headers.get("x-harbor-csrf-token") ?? "";
        const form = new URLSearchParams({ principal: "admin", password: adminPassword }).toString();
        const login = await fetch(`${harbor.url}/c/login`, {
            method: "POST",
            headers: {
                cookie: cookies(page.headers),
                "x-harbor-csrf-token": token,
                "content-type": "application/x-www-form-urlencoded",
            },
            body: form,
        });
        assert.equal(login.status, 200);
        const csrf = cookies(page.headers)
            .split("; ")
            .find((cookie) => cookie.startsWith("_gorilla_csrf"));
        const cookie = `${cookies(login.headers)}; ${csrf ?? ""}`;
        const who = await harbor.ask("GET", "/users/current", { as: "", headers: { cookie } });
        assert.equal((who.json as { username: string }).username, "admin");
        const write = { as: "", body: { project_name: "browser" } };
        const fresh = who.headers.get("x-harbor-csrf-token") ?? "";
        assert.equal((await harbor.ask("POST", "/projects", { ...write, headers: { cookie } })).code, "FORBIDDEN");
        const headers = { cookie, "x-harbor-csrf-token": fresh };
        assert.equal((await harbor.ask("POST", "/projects", { ...write, headers })).status, 201);
        const wrong = { cookie, "x-harbor-csrf-token": Buffer.alloc(64).toString("base64") };
        assert.match((await harbor.ask("POST", "/projects", { ...write, headers: wrong })).text, /CSRF token invalid/);
    });

    it("takes its time for a wrong password, and refuses the right one meanwhile", async () => {
        await harbor.ask("POST", "/users", {
            body: { username: "slow", email: "slow@example.com", realname: "Slow", password: "Correct12345" },
        });
        const began = Date.now();
        let answered = false;
        const wrong = harbor.ask("GET", "/users/current", { as: "slow:Wrong12345" }).finally(() => {
            answered = true;
        });
        // From the moment on at which the server has looked at the wrong one.
        const meanwhile = await waitFor(
            async () => {
                const answer = await harbor.ask("GET", "/users/current", { as: "slow:Correct12345" });
                return answer.status === 401 ? { beforeTheOther: !answered } : undefined;
            },
            { what: "the right password to be refused", timeoutMs: 10_000 },
        );
        assert.ok(meanwhile.beforeTheOther, "it was refused at once");
        assert.equal((await wrong).status, 401);
        assert.ok(Date.now() - began >= 1_400, `${String(Date.now() - began)} ms`);
        assert.equal((await harbor.ask("GET", "/users/current", { as: "slow:Correct12345" })).status, 200);
        assert.equal((await harbor.ask("GET", "/users/current", { as: admin })).status, 200);
    });

    it("shows who has logged in with a wrong password what nobody sees: no error where all may look", async () => {
        const { status, json } = await harbor.ask("GET", "/projects", { as: "nobody:Wrong12345" });
        assert.equal(status, 200);
        assert.deepEqual(
            (json as { name: string }[]).map(({ name }) => name),
            ["library"],
        );
    });

    it("has users with their passwords and roles", async () => {
        const user = { username: "eve", email: "eve@example.com", realname: "Eve", password: "Secret12345" };
        const made = await harbor.ask("POST", "/users", { body: user });
        assert.equal(made.status, 201);
        assert.match(made.headers.get("location") ?? "", /^\/api\/v2\.0\/users\/\d+$/);
        const path = (made.headers.get("location") ?? "").replace("/api/v2.0", "");
        assert.equal((await harbor.ask("POST", "/users", { body: user })).status, 409);
        assert.equal((await harbor.ask("POST", "/users", { body: { ...user, password: "weak" } })).status, 400);
        const as = "eve:Secret12345";
        assert.equal((await harbor.ask("GET", "/users", { as })).status, 403);
        assert.equal((await harbor.ask("GET", path, { as })).status, 200);
        await harbor.ask("POST", "/projects", { body: { project_name: "roles" } });
        assert.equal((await harbor.ask("GET", "/projects/roles", { as })).status, 403);
        const body = { role_id: 2, member_user: { username: "eve" } };
        const member = await harbor.ask("POST", "/projects/roles/members", { body });
        assert.equal(member.status, 201);
        assert.equal((await harbor.ask("POST", "/projects/roles/members", { body })).status, 409);
        const nobody = { role_id: 2, member_user: { username: "no-such" } };
        assert.equal((await harbor.ask("POST", "/projects/roles/members", { body: nobody })).status, 404);
        const seen = (await harbor.ask("GET", "/projects/roles", { as })).json as { current_user_role_id: number };
        assert.equal(seen.current_user_role_id, 2);
        assert.equal((await harbor.ask("DELETE", "/projects/roles", { as })).status, 403);
        const change = { old_password: "Secret12345", new_password: "Changed12345" };
        assert.equal((await harbor.ask("PUT", `${path}/password`, { as, body: change })).status, 200);
        assert.equal((await harbor.ask("GET", "/users/current", { as: "eve:Changed12345" })).status, 200);
        const sysadmin = { sysadmin_flag: true };
        assert.equal((await harbor.ask("PUT", `${path}/sysadmin`, { body: sysadmin })).status, 200);
        assert.equal((await harbor.ask("GET", "/users", { as: "eve:Changed12345" })).status, 200);
        assert.equal((await harbor.ask("DELETE", path)).status, 200);
        assert.equal((await harbor.ask("GET", path)).status, 404);
    });
});
