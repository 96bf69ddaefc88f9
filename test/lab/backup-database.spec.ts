import assert from "node:assert/strict";
import { createReadStream, createWriteStream, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { openDatabaseClient, type DatabaseClient } from "../../automation/backup/database";
import type { ClusterDoor } from "../../automation/cluster-access";
import type { DatabaseOutput, StackOutputs } from "../../config/contract";
import type { LabBinaries } from "../../lab/binaries";
import { resetLab, startLab } from "../../lab/lab";
import { labLayout } from "../../lab/layout";
import { resolveTools } from "../../lab/tools/resolver";
import { exec } from "../../lib/exec";
import type { LabEndpoints } from "../../lib/home";
import { readLabHarbor } from "../../lib/lab-endpoints";
import { waitFor } from "../../lib/wait";
import { apply, kubectl } from "../support/engine-lab";
import { labTimeout, testBinaries } from "../support/lab";

const name = "database";
const password = "Of-the-stack-12345";

const database: DatabaseOutput = {
    kind: "internal",
    host: "harbor-database",
    port: 5432,
    database: "registry",
    user: "postgres",
    sslmode: "disable",
    password: { secretName: "harbor-database", secretKey: "POSTGRES_PASSWORD" },
};

/** A Harbor as a chart makes it, as far as the lab looks at it: its core, and the claim of its own database. */
function objects(namespace: string): object[] {
    const metadata = (own: string, labels: Readonly<Record<string, string>> = {}): object => ({
        name: own,
        namespace,
        labels,
    });
    const labels = { app: "harbor", component: "core" };
    const secret = (key: string, variable: string): object => ({
        name: variable,
        valueFrom: { secretKeyRef: { name: "harbor-database", key } },
    });
    const env = [
        secret("HARBOR_ADMIN_PASSWORD", "HARBOR_ADMIN_PASSWORD"),
        secret("POSTGRES_PASSWORD", "POSTGRESQL_PASSWORD"),
    ];
    const containers = [{ name: "core", image: "registry.invalid/never-pulled", env }];
    return [
        { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
        {
            apiVersion: "v1",
            kind: "Secret",
            metadata: metadata("harbor-database"),
            stringData: { HARBOR_ADMIN_PASSWORD: password, POSTGRES_PASSWORD: `of the database of ${namespace}` },
        },
        {
            apiVersion: "v1",
            kind: "PersistentVolumeClaim",
            metadata: metadata("database-data-harbor-database-0"),
            spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
        },
        {
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: metadata("harbor-registry"),
            data: { "config.yml": JSON.stringify({ storage: { filesystem: {} } }) },
        },
        {
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: metadata("harbor-core"),
            data: { POSTGRESQL_HOST: "harbor-database", POSTGRESQL_PORT: "5432", POSTGRESQL_DATABASE: "registry" },
        },
        {
            apiVersion: "apps/v1",
            kind: "Deployment",
            metadata: metadata("harbor-core", labels),
            spec: {
                selector: { matchLabels: labels },
                template: { metadata: { labels }, spec: { containers } },
            },
        },
    ];
}

describe("the database of a stack in the lab", function () {
    this.timeout(labTimeout);
    let binaries: LabBinaries;
    let lab: LabEndpoints;
    let door: ClusterDoor;
    const clients: DatabaseClient[] = [];

    before(async () => {
        const [registry] = await resolveTools(["registry"], { exec, env: process.env });
        assert.ok(registry);
        binaries = { ...(await testBinaries()), registry: registry.file };
        lab = (await startLab({ name, nodes: 1, binaries, exec })).endpoints;
        door = { exec, kubectl: lab.tools.kubectl, signal: new AbortController().signal };
        await bring("registry");
    });
    after(() => resetLab({ name, binaries, exec }));
    afterEach(async () => {
        await Promise.all(clients.splice(0).map((client) => client.close()));
    });

    const bring = async (namespace: string): Promise<void> => {
        await apply(lab, ...objects(namespace));
        await serves(namespace, 200);
    };
    const scale = async (replicas: number): Promise<void> => {
        await kubectl(lab, "scale", "deployment/harbor-core", "-n", "registry", `--replicas=${String(replicas)}`);
        await serves("registry", replicas === 0 ? 503 : 200);
    };
    const ask = async (namespace: string, target: string, method = "GET", body?: object): Promise<number> => {
        const authorization = `Basic ${Buffer.from(`admin:${password}`).toString("base64")}`;
        const url = await readLabHarbor(name, namespace);
        const headers = { authorization, "content-type": "application/json" };
        const text = body === undefined ? undefined : JSON.stringify(body);
        return (await fetch(`${url ?? "http://127.0.0.1:1"}${target}`, { method, headers, body: text })).status;
    };
    const serves = (namespace: string, status: number): Promise<true> =>
        waitFor(async () => ((await ask(namespace, "/v2/").catch(() => 0)) === status ? true : undefined), {
            what: `the Harbor of ${namespace} to answer ${String(status)}`,
            timeoutMs: 120_000,
            describe: () => readFileSync(labLayout(name).harborLog, "utf8"),
        });
    const outputsOf = (namespace: string, changed: Partial<DatabaseOutput> = {}): StackOutputs =>
        ({
            namespace,
            cluster: { kind: "lab", name, context: lab.context, kubeconfig: lab.kubeconfig },
            database: { ...database, ...changed },
        }) as StackOutputs;
    const open = async (namespace = "registry", changed: Partial<DatabaseOutput> = {}): Promise<DatabaseClient> => {
        const options = { patienceMs: 60_000, quietMs: 4_000 };
        const client = await openDatabaseClient(outputsOf(namespace, changed), door, options);
        clients.push(client);
        return client;
    };
    const createProject = async (project: string, namespace = "registry"): Promise<void> => {
        assert.equal(await ask(namespace, "/api/v2.0/projects", "POST", { project_name: project }), 201);
    };
    const has = async (project: string, namespace = "registry"): Promise<boolean> =>
        (await ask(namespace, `/api/v2.0/projects/${project}`)) === 200;

    it("is dumped while Harbor serves, and comes back as it was", async () => {
        await createProject("kept");
        const client = await open();
        assert.match(await client.version(), /^17\.\d+$/);
        assert.ok((await client.sizeBytes()) > 1_000_000);
        assert.ok((await client.freeConnections()) > 10);
        const counts = await client.counts();
        assert.deepEqual(counts, { projects: 2, repositories: 0, artifacts: 0 });
        const dump = await buffer(client.dump());
        assert.equal(dump.subarray(0, 5).toString(), "PGDMP");
        await createProject("later");
        await assert.rejects(client.restore(Readable.from([dump])), /in use: \d+ sessions/);
        await scale(0);
        await client.restore(Readable.from([dump]));
        assert.deepEqual(await client.counts(), counts);
        await scale(1);
        assert.deepEqual([await has("kept"), await has("later")], [true, false]);
    });

    it("stays as it is when a dump is cut, damaged, or no dump", async () => {
        await scale(0);
        const client = await open();
        const before = await client.counts();
        const dump = await buffer(client.dump());
        for (const wrong of [dump.subarray(0, dump.length - 100), dump.subarray(0, 2_000), Buffer.from("no dump")])
            await assert.rejects(client.restore(Readable.from([wrong])), /the dump cannot be read: .* is as it was/);
        const broken = new PassThrough();
        broken.write(dump.subarray(0, 3_000));
        const restored = client.restore(broken);
        broken.destroy(new Error("the bucket went away"));
        await assert.rejects(restored, /the bucket went away/);
        assert.deepEqual(await client.counts(), before);
    });

    it("stays as it is when the command is killed in the middle, and takes the next one", async () => {
        const client = await open();
        const before = await client.counts();
        const dump = await buffer(client.dump());
        const cut = new AbortController();
        const killed = await openDatabaseClient(outputsOf("registry"), { ...door, signal: cut.signal });
        clients.push(killed);
        const source = new PassThrough();
        source.write(dump.subarray(0, dump.length - 200));
        const restored = assert.rejects(killed.restore(source));
        setTimeout(() => {
            cut.abort();
        }, 1_500);
        await restored;
        await client.restore(Readable.from([dump]));
        assert.deepEqual(await client.counts(), before);
        await scale(1);
    });

    it("says that a password is wrong, and leaves no Pod", async () => {
        await kubectl(lab, "create", "secret", "generic", "wrong", "-n", "registry", "--from-literal=password=wrong");
        const wrong = { password: { secretName: "wrong", secretKey: "password" } };
        await assert.rejects(open("registry", wrong), (error: Error) => {
            assert.match(error.message, /database registry on harbor-database:5432 does not answer/);
            assert.match(JSON.stringify(error), /password authentication failed.*Secret registry\/wrong/);
            return true;
        });
        const pods = await waitFor(
            async () => {
                const { stdout } = await exec(lab.tools.kubectl, [
                    ...["--kubeconfig", lab.kubeconfig, "get", "pods", "-n", "registry"],
                    ...["-l", "app.kubernetes.io/component=database-client", "-o", "name"],
                ]);
                return stdout.trim() === "" ? "none" : undefined;
            },
            { what: "the client Pods to be gone", timeoutMs: 20_000 },
        );
        assert.equal(pods, "none");
    });

    it("streams 20 MB both ways in flat memory", async () => {
        const client = await open();
        await scale(0);
        const before = process.memoryUsage().rss;
        let most = 0;
        const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 50);
        // Larger than what pipes and sockets hold on the way.
        const filler = await fill(client);
        const file = path.join(tmpdir(), `anchorage-dump-${String(process.pid)}`);
        await pipeline(client.dump(), createWriteStream(file));
        await client.restore(createReadStream(file));
        const { size } = statSync(file);
        rmSync(file);
        assert.ok(size > 10_000_000, String(size));
        clearInterval(watch);
        assert.equal(filler, 20_000);
        assert.ok(most - before < 100_000_000, `${String(most - before)} bytes more`);
        await scale(1);
    });

    it("of a copy in another namespace is another one, served beside the first, and goes with its claim", async () => {
        await bring("copy");
        await createProject("of-the-copy", "copy");
        assert.deepEqual([await has("kept", "copy"), await has("of-the-copy")], [false, false]);
        assert.notEqual(await readLabHarbor(name, "copy"), lab.harbor?.url);
        const [source, target] = [await open(), await open("copy")];
        await kubectl(lab, "scale", "deployment/harbor-core", "-n", "copy", "--replicas=0");
        await serves("copy", 503);
        await target.restore(source.dump());
        await kubectl(lab, "scale", "deployment/harbor-core", "-n", "copy", "--replicas=1");
        await serves("copy", 200);
        assert.deepEqual([await has("kept", "copy"), await has("of-the-copy", "copy")], [true, false]);
        await kubectl(lab, "delete", "namespace", "copy", "--timeout", "60s");
        await bring("copy");
        assert.equal(await has("kept", "copy"), false);
        assert.equal(await has("kept"), true);
    });

    it("outlives its core's Deployment, as in an upgrade that replaces it", async () => {
        await kubectl(lab, "delete", "deployment", "harbor-core", "-n", "registry", "--timeout", "60s");
        await bring("registry");
        assert.equal(await has("kept"), true);
    });

    /** Rows of noise, which no compression makes small. @returns how many */
    async function fill(client: DatabaseClient): Promise<number> {
        const pod = Reflect.get(client, "pod") as string;
        const sql =
            "CREATE TABLE filler AS SELECT id, string_agg(md5(random()::text), '') AS noise " +
            "FROM generate_series(1, 20000) AS id, generate_series(1, 40) GROUP BY id";
        await kubectl(lab, "exec", "-n", "registry", pod, "-c", "client", "--", "sh", "-c", 'psql -c "$1"', "sh", sql);
        return 20_000;
    }
});
