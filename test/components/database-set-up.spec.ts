import assert from "node:assert/strict";
import { setUpScript, setUpSpec } from "../../components/database/set-up";
import { parseSettings } from "../../config/settings";
import { Postgres, postgresPrograms, type Answer } from "../support/postgres";

const { superuser } = Postgres;

describe("set-up of an external database", () => {
    const parsed = parseSettings({
        cluster: { kind: "kubeconfig" },
        database: {
            ...{ kind: "external", host: "pg.example.com", sslmode: "verify-full", password: "of-the-owner" },
            create: { user: "admin", password: "of-the-admin" },
        },
    });

    it("has every secret from a Secret, and none in its script", () => {
        assert.ok(parsed.database.kind === "external" && parsed.database.create);
        const database = { ...parsed.database, create: parsed.database.create };
        const { placement } = parsed;
        const spec = setUpSpec({ database, placement, ownerSecret: "owner", checksum: "0" });
        const [container] = spec.template.spec.containers;
        const env = new Map(container?.env.map((variable) => [variable.name, variable]));
        assert.deepEqual(env.get("PGHOST"), { name: "PGHOST", value: "pg.example.com" });
        assert.deepEqual(env.get("PGSSLMODE"), { name: "PGSSLMODE", value: "verify-full" });
        assert.deepEqual(env.get("OWNER_PASSWORD"), {
            name: "OWNER_PASSWORD",
            valueFrom: { secretKeyRef: { name: "owner", key: "password" } },
        });
        assert.deepEqual(env.get("PGPASSWORD"), {
            name: "PGPASSWORD",
            valueFrom: { secretKeyRef: { name: "harbor-database-admin", key: "password" } },
        });
        assert.doesNotMatch(JSON.stringify(spec), /of-the-/);
        assert.deepEqual(spec.template.metadata.annotations, { "anchorage/secrets": "0" });
    });
});

describe("script of an external database's set-up, on a real PostgreSQL", function () {
    this.timeout(60_000);

    let server: Postgres;
    const owner = { user: "harbor", password: "it's \"quoted\" $x \\ :y ''" };
    const admin = { user: "db-admin", password: "of the admin" };

    before(async function () {
        const programs = postgresPrograms();
        if (programs === undefined) return this.skip();
        server = new Postgres(programs);
        await server.start();
        const made = server.ask(superuser, `CREATE ROLE "db-admin" LOGIN CREATEDB CREATEROLE PASSWORD 'of the admin'`);
        assert.equal(made.code, 0, made.stderr);
    });

    // Where before() skipped, there is no server.
    after(() => (server as Postgres | undefined)?.stop());

    const setUp = (as: { user: string; password: string }, who: typeof owner, database: string): Answer =>
        server.sh(setUpScript, {
            ...{ PGUSER: as.user, PGPASSWORD: as.password, PGDATABASE: "postgres" },
            ...{ OWNER: who.user, OWNER_PASSWORD: who.password, DATABASE: database },
        });

    it("makes the owner and the database, which the owner can fill", () => {
        assert.deepEqual(setUp(superuser, owner, "registry"), { code: 0, stdout: "", stderr: "" });
        const filled = server.ask(owner, "CREATE TABLE t (id int); INSERT INTO t VALUES (7); TABLE t", "registry");
        assert.equal(filled.stderr, "");
        assert.match(filled.stdout, /7$/);
    });

    it("changes nothing when it runs again", () => {
        assert.deepEqual(setUp(superuser, owner, "registry"), { code: 0, stdout: "", stderr: "" });
        assert.equal(server.ask(owner, "TABLE t", "registry").stdout, "7");
    });

    it("gives the owner a new password, and the old one is worth nothing", () => {
        const renewed = { user: "harbor", password: "another" };
        assert.equal(setUp(superuser, renewed, "registry").code, 0);
        assert.equal(server.ask(renewed, "SELECT 1", "registry").stdout, "1");
        assert.notEqual(server.ask(owner, "SELECT 1", "registry").code, 0);
    });

    it("works as an administrator who is no superuser, and takes a database over", () => {
        const odd = { user: 'Odd" OWNER', password: "odd" };
        assert.equal(server.ask(admin, 'CREATE DATABASE "Old one"').code, 0);
        for (const database of ["second", "Old one", "second"]) {
            const { code, stderr } = setUp(admin, odd, database);
            assert.equal(code, 0, stderr);
        }
        const owned = "SELECT count(*) FROM pg_database WHERE pg_get_userbyid(datdba) = current_user";
        assert.equal(server.ask(odd, owned, "second").stdout, "2");
    });

    it("fails where the administrator may not", () => {
        const { code, stderr } = setUp({ user: "harbor", password: "another" }, { user: "x", password: "y" }, "third");
        assert.notEqual(code, 0);
        assert.match(stderr, /permission denied to create role/);
    });

    it("leaves the owner's password out of the server's log, as a superuser", () => {
        assert.match(server.log, /CREATE ROLE "db-admin"/);
        assert.doesNotMatch(server.log, /another|quoted/);
    });
});
