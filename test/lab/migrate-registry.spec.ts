import bcrypt from "bcryptjs";
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { migrationSteps, type Migration, type Outcome } from "../../automation/migrate-registry/steps";
import { runSteps, type StepsResult } from "../../automation/steps";
import { openHarbor, type HarborClient } from "../../harbor/client/client";
import { ContentClient } from "../../harbor/registry/content-client";
import { digestOf, smallImage } from "../../harbor/registry/image";
import { freePort } from "../../lib/ports";
import { resolveTools } from "../../lab/tools/resolver";
import { exec } from "../../lib/exec";
import { UserError } from "../../lib/errors";
import { projectRoot } from "../../lib/home";
import { waitFor } from "../../lib/wait";
import { commandsOf, runCommand } from "../support/documented";
import { asOutputs, collectingReporter, fakeContext, fakeEngine, sampleOutputs } from "../support/fakes";
import { adminPassword, TestHarbor } from "../support/stand-in";
import { testRegistry } from "../support/stand-in-registry";

const user = "reader";
const password = "secret-of-the-old-registry";
const index = "application/vnd.oci.image.index.v1+json";

describe("migration of a plain registry", function () {
    this.timeout(60_000);

    let folder: string;
    let url: string;
    let child: ChildProcess;
    let harbor: TestHarbor;
    let client: HarborClient;
    const closers: (() => Promise<unknown>)[] = [];
    const signal = new AbortController().signal;

    before(async () => {
        folder = await mkdtemp(path.join(tmpdir(), "anchorage-plain-"));
        const tools = await resolveTools(["registry"], { exec, env: process.env });
        const addr = `127.0.0.1:${String(await freePort())}`;
        url = `http://${addr}`;
        await writeFile(path.join(folder, "htpasswd"), `${user}:${await bcrypt.hash(password, 4)}\n`);
        const configuration = {
            version: "0.1",
            log: { level: "error", accesslog: { disabled: true } },
            storage: { filesystem: { rootdirectory: path.join(folder, "data") } },
            auth: { htpasswd: { realm: "plain", path: path.join(folder, "htpasswd") } },
            http: { addr },
        };
        await writeFile(path.join(folder, "config.yml"), JSON.stringify(configuration));
        const file = tools.find(({ name }) => name === "registry")?.file ?? "";
        const env = { PATH: process.env["PATH"] ?? "", OTEL_TRACES_EXPORTER: "none" };
        child = spawn(file, ["serve", path.join(folder, "config.yml")], { stdio: "ignore", env });
        await waitFor(async () => ((await fetch(`${url}/v2/`).catch(() => undefined)) ? true : undefined), {
            what: "the plain registry",
            timeoutMs: 10_000,
        });
        harbor = await TestHarbor.start({ registry: await testRegistry() });
        const opened = openHarbor({ url: harbor.url, user: "admin", password: adminPassword });
        client = opened.client;
        closers.push(() => opened.close());
        await fill();
    });

    after(async () => {
        for (const close of closers.reverse()) await close();
        await harbor.close();
        const ended = once(child, "exit");
        child.kill("SIGTERM");
        await ended;
        await rm(folder, { recursive: true, force: true });
    });

    function openSource(credentials: { user: string; password: string } | undefined = { user, password }) {
        const source = new ContentClient({ url, signal, credentials });
        closers.push(() => source.close());
        return source;
    }

    /** A client that pushes to the old registry as docker does. */
    async function push(repository: string, tag: string, text: string): Promise<{ digest: string; size: number }> {
        const image = smallImage(text);
        const { Readable } = await import("node:stream");
        const source = openSource();
        for (const blob of [image.config, image.layer]) {
            const body = Readable.from([blob]);
            if (!(await source.hasBlob(repository, digestOf(blob))))
                await source.pushBlob(repository, digestOf(blob), { size: blob.length, body });
        }
        const digest = digestOf(image.manifest);
        await source.pushManifest(repository, tag, { digest, mediaType: image.mediaType, body: image.manifest });
        return { digest, size: image.manifest.length };
    }

    async function fill(): Promise<void> {
        await push("alone", "v1", "without a slash");
        await push("apps/web", "v1", "web 1");
        await push("apps/web", "v2", "web 2");
        await push("apps/deep/er", "v1", "web 1");
        const children = [
            await push("apps/multi", "amd64", "for amd64"),
            await push("apps/multi", "arm64", "for arm64"),
        ];
        const body = Buffer.from(
            JSON.stringify({
                schemaVersion: 2,
                mediaType: index,
                manifests: children.map(({ digest, size }) => ({
                    mediaType: "application/vnd.oci.image.manifest.v1+json",
                    digest,
                    size,
                })),
            }),
        );
        await openSource().pushManifest("apps/multi", "all", { digest: digestOf(body), mediaType: index, body });
    }

    async function migrate(more: Partial<Migration> = {}): Promise<{ outcome: Outcome; result: StepsResult }> {
        const target = new ContentClient({
            url: harbor.url,
            signal,
            credentials: { user: "admin", password: adminPassword },
        });
        closers.push(() => target.close());
        const { steps, outcome } = migrationSteps(
            {
                source: openSource(),
                target,
                harbor: client,
                mapping: { projects: new Map([["apps", "team-a"]]), project: "library" },
                names: undefined,
                concurrency: 2,
                dryRun: false,
                ...more,
            },
            signal,
        );
        return { outcome, result: await runSteps(steps, { reporter: collectingReporter().reporter, signal }) };
    }

    it("says what it would copy, and copies nothing", async () => {
        const { outcome, result } = await migrate({ dryRun: true });
        assert.equal(result.error, undefined);
        assert.deepEqual([outcome.repositories, outcome.tags, outcome.present], [4, 7, 0]);
        assert.deepEqual(outcome.projects, ["team-a"]);
        assert.equal(await client.projects.exists("team-a"), false);
    });

    it("copies every tag with its digest, children of an index, and a shared blob once", async () => {
        const { outcome, result } = await migrate();
        assert.equal(result.error, undefined);
        assert.deepEqual([outcome.copied, outcome.present, outcome.failures.length], [7, 0, 0]);
        assert.ok(outcome.mounted > 0, "the layer that two repositories share is mounted");
        const source = openSource();
        const target = new ContentClient({
            url: harbor.url,
            signal,
            credentials: { user: "admin", password: adminPassword },
        });
        closers.push(() => target.close());
        for (const [from, to, tag] of [
            ["alone", "library/alone", "v1"],
            ["apps/web", "team-a/web", "v2"],
            ["apps/deep/er", "team-a/deep/er", "v1"],
            ["apps/multi", "team-a/multi", "all"],
        ] as const) {
            const copy = await target.manifest(to, tag);
            assert.equal(copy.digest, (await source.manifest(from, tag)).digest);
        }
    });

    it("has nothing to do a second time", async () => {
        const { outcome, result } = await migrate();
        assert.equal(result.error, undefined);
        assert.deepEqual([outcome.copied, outcome.present, outcome.blobs], [0, 7, 0]);
    });

    it("names what is damaged, copies the rest, and goes on once it is mended", async () => {
        const bad = smallImage("damaged");
        await push("apps/bad", "v1", "damaged");
        await push("apps/good", "v1", "another one");
        const hex = bad.layerDigest.replace("sha256:", "");
        const file = path.join(folder, "data/docker/registry/v2/blobs/sha256", hex.slice(0, 2), hex, "data");
        await truncate(file, 10);
        const { outcome, result } = await migrate();
        assert.ok(result.error instanceof UserError);
        assert.deepEqual(
            outcome.failures.map(({ image }) => image),
            ["apps/bad:v1"],
        );
        assert.equal(outcome.copied, 1);
        await writeFile(file, bad.layer);
        const again = await migrate();
        assert.equal(again.result.error, undefined);
        assert.equal(again.outcome.copied, 1);
    });

    it("goes by the commands of docs/migrate-registry.md", async () => {
        const page = await readFile(path.join(projectRoot, "docs/migrate-registry.md"), "utf8");
        assert.match(page, /export ANCHORAGE_REGISTRY_USER=\w+ ANCHORAGE_REGISTRY_PASSWORD=/);
        const data = { [sampleOutputs.admin.secretKey]: Buffer.from(adminPassword).toString("base64") };
        const exposure = { ...sampleOutputs.exposure, localPort: Number(new URL(harbor.url).port) };
        const cluster = { kind: "kubeconfig", name: "c", context: "c" } as const;
        const outputs = asOutputs({ ...sampleOutputs, cluster, exposure, registryUrl: harbor.url });
        await push("apps/of-the-page", "v1", "as typed");
        const results = [];
        for (const args of commandsOf("docs/migrate-registry.md")) {
            const { reporter, text } = collectingReporter("json");
            const context = fakeContext({
                reporter,
                env: { ANCHORAGE_REGISTRY_USER: user, ANCHORAGE_REGISTRY_PASSWORD: password },
                exec: () => Promise.resolve({ stdout: JSON.stringify({ data }), stderr: "" }),
                kubectl: () => Promise.resolve("kubectl"),
                selectEngine: () =>
                    Promise.resolve({
                        engine: fakeEngine({ outputs: () => Promise.resolve(outputs) }).engine,
                        why: "test",
                    }),
            });
            await runCommand(
                args.map((arg) => (arg === "https://registry.example.com" ? url : arg)),
                context,
            );
            const events = text().trim().split("\n");
            results.push(JSON.parse(events.at(-1) ?? "") as { readonly dryRun: boolean; readonly copied: number });
        }
        assert.deepEqual(
            results.map(({ dryRun }) => dryRun),
            [true, false],
        );
        assert.equal(results[1]?.copied, 1);
    });

    it("says that the password is wrong, and shows none", async () => {
        const wrong = new ContentClient({ url, signal, credentials: { user, password: "not-the-password" } });
        closers.push(() => wrong.close());
        const { result } = await migrate({ source: wrong });
        assert.ok(result.error instanceof UserError);
        assert.match(result.error.render(), /401|sign|password|user/);
        assert.ok(!result.error.render().includes("not-the-password"));
    });
});
