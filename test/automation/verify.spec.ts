import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Context } from "../../automation/context";
import { verify } from "../../automation/verify";
import { readTarget } from "../../automation/verify/target";
import type { StackOutputs } from "../../config/contract";
import { ExitCode, UserError } from "../../lib/errors";
import { ExecFailure, type Exec } from "../../lib/exec";
import { asOutputs, collectingReporter, fakeContext, fakeEngine, sampleOutputs } from "../support/fakes";
import { FakeHarbor, type Flaws } from "../support/fake-harbor";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

describe("anchorage verify", () => {
    let projectRoot: string;
    const running: FakeHarbor[] = [];

    beforeEach(async () => {
        projectRoot = await mkdtemp(path.join(tmpdir(), "anchorage-verify-"));
        await writeFile(path.join(projectRoot, "Pulumi.dev.yaml"), "");
    });

    afterEach(async () => {
        await rm(projectRoot, { recursive: true });
        for (const fake of running.splice(0)) await fake.stop();
    });

    async function setUp(flaws: Flaws = {}, kind: "auto" | "json" = "auto", doors: Partial<Context> = {}) {
        const fake = await FakeHarbor.start(flaws);
        running.push(fake);
        const { port } = new URL(fake.url);
        const outputs: StackOutputs = {
            ...sampleOutputs,
            registryUrl: fake.url,
            exposure: { kind: "clusterIP", service: "harbor", servicePort: 80, localPort: Number(port) },
            cluster: { kind: "kind", name: "anchorage", context: "kind-anchorage" },
        };
        const exec: Exec = (file, args) => {
            if (file !== "kubectl") return Promise.reject(Object.assign(new Error(`no ${file}`), { code: "ENOENT" }));
            assert.deepEqual(
                args,
                "--context kind-anchorage -n harbor get secret harbor-admin --ignore-not-found -o json".split(" "),
            );
            const data = { HARBOR_ADMIN_PASSWORD: base64(fake.password) };
            return Promise.resolve({ stdout: JSON.stringify({ data }), stderr: "" });
        };
        const { engine } = fakeEngine({ outputs: () => Promise.resolve(asOutputs(outputs)) });
        const { reporter, text } = collectingReporter(kind);
        const context = fakeContext({
            reporter,
            projectRoot,
            exec,
            kubectl: () => Promise.resolve("kubectl"),
            selectEngine: () => Promise.resolve({ engine, why: "test" }),
            ...doors,
        });
        const reports = path.join(projectRoot, "reports");
        return { fake, context, text, reports, options: { stack: "dev", engine: "auto", reports } as const };
    }

    it("prints each step, and why one is skipped, and leaves a report", async () => {
        const { fake, context, text, options, reports } = await setUp();
        await verify(options, context);
        assert.match(text(), /✔ log in \(\d+ ms\)\n {2}admin, Harbor 2\.15\.2\n/);
        assert.match(text(), /- sign it with Cosign: skipped, there is no cosign on this machine/);
        assert.match(text(), /✔ delete the project/);
        assert.match(
            text(),
            new RegExp(`the registry on ${fake.url} works; \\d+ checks were skipped, each with its reason`),
        );
        const files = (await readdir(reports)).sort();
        assert.deepEqual(
            files.map((file) => file.replace(/^\d{8}T\d{6}Z/, "")),
            ["-verify-dev.html", "-verify-dev.json"],
        );
        const [page = "", json = ""] = await Promise.all(
            files.map((file) => readFile(path.join(reports, file), "utf8")),
        );
        assert.match(page, /verify of stack dev: <span class="succeeded">/);
        const report = JSON.parse(json) as { outcome: string; facts: object; steps: { id: string }[] };
        assert.equal(report.outcome, "succeeded");
        assert.deepEqual(report.facts, { harbor: "2.15.2", chart: "1.19.2" });
        assert.ok(report.steps.some(({ id }) => id === "push"));
        for (const shown of [text(), page, json]) assert.ok(!shown.includes(fake.password));
        assert.ok(text().includes(path.join(reports, files[0] ?? "")), "it says where the report is");
    });

    it("says with --plan what it would do, and asks the registry for nothing", async () => {
        const { fake, context, text, options } = await setUp();
        await verify({ ...options, plan: true }, context);
        assert.match(
            text(),
            / 2 {2}check the certificate {2,}http:\/\/127[^]* 8 {2}make a project {2,}anchorage-verify-/,
        );
        assert.match(text(), /pull it by its digest {2,}manifest, configuration and layer/);
        assert.deepEqual(fake.seen, []);
    });

    it("fails with the step's error, exit code 1, after the report of it", async () => {
        const { context, options, reports, fake } = await setUp({ corruptBlobs: true });
        await assert.rejects(verify(options, context), (error: unknown) => {
            assert.ok(error instanceof UserError);
            assert.equal(error.exitCode, ExitCode.failed);
            assert.match(error.message, /has digest/);
            return true;
        });
        assert.equal((await readdir(reports)).length, 2);
        assert.deepEqual([...fake.projects.keys()], []);
    });

    it("gives a machine an event a step, and the result", async () => {
        const { context, text, options } = await setUp({}, "json");
        await verify(options, context);
        const events = text()
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line) as Record<string, unknown>);
        assert.ok(events.some((event) => event["kind"] === "step" && event["phase"] === "skipped"));
        const last = events.at(-1);
        assert.equal(last?.["kind"], "result");
        assert.equal(last["works"], true);
        assert.match((last["report"] as { html: string }).html, /-verify-dev\.html$/);
        assert.ok(
            (last["steps"] as { id: string; state: string }[]).some(
                ({ id, state }) => id === "pull" && state === "done",
            ),
        );
    });

    it("refuses a stack that is not up, and one that is not there", async () => {
        const { engine } = fakeEngine({ outputs: () => Promise.resolve({}) });
        const { context, options } = await setUp({}, "auto", {
            selectEngine: () => Promise.resolve({ engine, why: "test" }),
        });
        await assert.rejects(verify(options, context), /stack lab is not up/);
        await assert.rejects(verify({ ...options, stack: "prod" }, context), /Pulumi\.prod\.yaml does not exist/);
    });

    it("reads password and CA from the cluster, and says what it cannot read", async () => {
        const outputs: StackOutputs = {
            ...sampleOutputs,
            registryUrl: "https://registry.example.com",
            exposure: {
                kind: "route",
                host: "registry.example.com",
                address: { resource: "r", jsonPath: "{}" },
                caSecret: "harbor-ca",
            },
        };
        const secrets: Readonly<Record<string, object>> = {
            "harbor-admin": { data: { HARBOR_ADMIN_PASSWORD: base64("pass") } },
            "harbor-ca": { data: { "ca.crt": base64("PEM") } },
        };
        const { signal } = new AbortController();
        const exec: Exec = (_, args) =>
            Promise.resolve({ stdout: JSON.stringify(secrets[args[args.indexOf("secret") + 1] ?? ""]), stderr: "" });
        const target = await readTarget(outputs, { exec, kubectl: "kubectl", signal }, undefined);
        assert.deepEqual(
            [target.url, target.user, target.password, target.ca],
            ["https://registry.example.com", "admin", "pass", "PEM"],
        );
        const inLab = await readTarget(outputs, { exec, kubectl: "kubectl", signal }, { url: "http://127.0.0.1:1" });
        assert.equal(inLab.url, "http://127.0.0.1:1");
        assert.equal(inLab.ca, undefined);
        assert.match(inLab.withoutEntry ?? "", /in a lab/);
        const refused = new ExecFailure("failed", "kubectl", 1, "", "connection refused\n", undefined, {});
        const failing: Exec = () => Promise.reject(refused);
        await assert.rejects(
            readTarget(outputs, { exec: failing, kubectl: "kubectl", signal }, undefined),
            (error: unknown) => {
                assert.ok(error instanceof UserError);
                assert.match(error.render(), /^cannot read Secret harbor\/harbor-admin\n {2}- connection refused/);
                return true;
            },
        );
        const empty: Exec = () => Promise.resolve({ stdout: "{}", stderr: "" });
        await assert.rejects(
            readTarget(outputs, { exec: empty, kubectl: "kubectl", signal }, undefined),
            /Secret harbor\/harbor-admin has no key HARBOR_ADMIN_PASSWORD/,
        );
    });
});
