import assert from "node:assert/strict";
import { contract } from "./harbor";
import { absent, some } from "./like";

contract("what the system says of itself", (harbor) => {
    it("is its health for anybody, by component", async () => {
        const { anonymous } = harbor();
        assert.equal((await anonymous.get("/ping")).is(200).text, "Pong");
        const health = (await anonymous.get("/health")).is(200);
        health.has({ status: "healthy" });
        const { components } = health.json as { components: { name: string; status: string }[] };
        const names = components.map(({ name }) => name);
        for (const name of ["core", "database", "jobservice", "portal", "redis", "registry", "registryctl"]) {
            assert.ok(names.includes(name), `${name} of ${names.join(", ")}`);
        }
        assert.ok(components.every(({ status }) => status === "healthy"));
    });

    it("is its version for those alone who have logged in", async () => {
        const { admin, anonymous } = harbor();
        (await anonymous.get("/systeminfo")).has({
            auth_mode: some,
            self_registration: some,
            harbor_version: absent,
            read_only: absent,
            registry_url: absent,
        });
        (await admin.get("/systeminfo")).has({
            auth_mode: some,
            harbor_version: /^v2\.\d+\.\d+/,
            read_only: false,
            external_url: /^https?:\/\//,
            registry_url: some,
            current_time: /^20\d\d-.*Z$/,
            registry_storage_provider_name: some,
        });
    });

    it("is who asks", async () => {
        const { admin, anonymous } = harbor();
        (await admin.get("/users/current")).has({ user_id: 1, username: "admin", sysadmin_flag: true });
        (await anonymous.get("/users/current")).fails(401, "UNAUTHORIZED");
        const user = await harbor().user();
        (await harbor().as(user).get("/users/current")).has({ username: user.user, sysadmin_flag: false });
    });

    it("is how much there is", async () => {
        const { admin } = harbor();
        await harbor().project();
        const statistics = (await admin.get("/statistics")).is(200);
        assert.ok(statistics.number("total_project_count") > 0);
        assert.ok(statistics.number("total_storage_consumption") >= 0);
    });

    it("is each setting with whether it can be changed, and no password", async () => {
        const { admin, anonymous } = harbor();
        const configurations = (await admin.get("/configurations")).has({
            read_only: { editable: some, value: false },
            auth_mode: { value: some },
            token_expiration: { value: some },
        });
        assert.doesNotMatch(configurations.text, /"(ldap_search_password|oidc_client_secret)"/);
        (await anonymous.get("/configurations")).fails(401, "UNAUTHORIZED");
    });
});

contract("users", (harbor) => {
    it("are made by an administrator, and their password is never shown", async () => {
        const { admin } = harbor();
        const { user, password } = await harbor().user();
        const found = (await admin.get("/users", { q: `username=${user}` })).is(200);
        assert.equal(found.list.length, 1);
        assert.equal(found.list[0]?.["username"], user);
        assert.doesNotMatch(found.text, /"password"/);
        (await harbor().as({ user, password }).get("/users")).fails(403, "FORBIDDEN");
        const twice = { username: user, email: `${user}@example.com`, realname: user, password };
        (await admin.post("/users", twice)).fails(409, "CONFLICT");
        const weak = { username: harbor().name("user"), email: "w@example.org", realname: "w", password: "weak" };
        (await admin.post("/users", weak)).fails(400, "BAD_REQUEST");
    });
});
