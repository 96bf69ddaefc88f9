import assert from "node:assert/strict";
import { contract } from "./harbor";

/** "name=value" of each cookie that an answer sets. */
function pairs(cookies: readonly string[]): Record<string, string> {
    return Object.fromEntries(
        cookies.map((cookie) => {
            const [pair = ""] = cookie.split(";");
            const at = pair.indexOf("=");
            return [pair.slice(0, at), pair.slice(at + 1)] as [string, string];
        }),
    );
}

const header = (jar: Readonly<Record<string, string>>): string =>
    Object.entries(jar)
        .map(([name, value]) => `${name}=${value}`)
        .join("; ");

contract("cookies and CSRF", (harbor) => {
    it("come with every answer, and lie as a trap for whoever keeps them", async () => {
        const { admin } = harbor();
        const jar = pairs((await admin.get("/systeminfo")).cookies);
        assert.ok(jar["sid"] !== undefined);
        const project_name = harbor().name();
        const refused = await admin.send("POST", "/projects", {
            body: { project_name },
            headers: { cookie: header(jar) },
        });
        refused.fails(403, "FORBIDDEN", /CSRF token not found in request/);
        (await admin.send("GET", "/projects", { headers: { cookie: header(jar) } })).is(200);
        harbor().afterwards(() => harbor().removeProject(project_name));
        (await admin.post("/projects", { project_name })).is(201);
    });

    it("let a browser in: token, login by form, the token's header with every change", async () => {
        const { anonymous, admin } = harbor();
        const first = await anonymous.get("/systeminfo");
        assert.equal(first.header("x-harbor-csrf-token"), undefined);
        let jar = pairs(first.cookies);
        const second = await anonymous.send("GET", "/systeminfo", { headers: { cookie: header(jar) } });
        const token = second.header("x-harbor-csrf-token");
        assert.ok(token !== undefined, "no X-Harbor-CSRF-Token for a request with a session");
        jar = { ...jar, ...pairs(second.cookies) };
        assert.ok(jar["_gorilla_csrf"] !== undefined);
        const { user, password } = await harbor().user();
        const login = await anonymous.sendTo("POST", "/c/login", {
            body: new URLSearchParams({ principal: user, password }).toString(),
            headers: {
                cookie: header(jar),
                "content-type": "application/x-www-form-urlencoded",
                "x-harbor-csrf-token": token,
            },
        });
        login.is(200);
        jar = { ...jar, ...pairs(login.cookies) };
        const current = await anonymous.send("GET", "/users/current", { headers: { cookie: header(jar) } });
        current.has({ username: user });
        const fresh = current.header("x-harbor-csrf-token") ?? token;
        jar = { ...jar, ...pairs(current.cookies) };
        const project_name = harbor().name();
        const make = (headers: Record<string, string>) =>
            anonymous.send("POST", "/projects", {
                body: { project_name },
                headers: { cookie: header(jar), ...headers },
            });
        (await make({})).fails(403, "FORBIDDEN", /CSRF/);
        harbor().afterwards(() => harbor().removeProject(project_name));
        (await make({ "x-harbor-csrf-token": fresh })).is(201);
        (await admin.get(`/projects/${project_name}`)).has({ owner_name: user });
        const refused = await anonymous.sendTo("POST", "/c/login", {
            body: new URLSearchParams({ principal: user, password: "wrong" }).toString(),
            headers: {
                cookie: header(jar),
                "content-type": "application/x-www-form-urlencoded",
                "x-harbor-csrf-token": fresh,
            },
        });
        refused.is(401);
    });
});
