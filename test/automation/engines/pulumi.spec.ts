import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Engine } from "../../../automation/engine";
import { EngineFailure } from "../../../automation/engine";
import { createPulumiEngine } from "../../../automation/engines/pulumi";
import { UserError } from "../../../lib/errors";
import { fakePulumi, valueOf, type FakeAnswer, type FakeCall } from "../../support/fake-pulumi";

const notFound = { exitCode: 255, stderr: "error: no stack named 'lab' found" };
const podUrn = "urn:pulumi:lab::anchorage::kubernetes:core/v1:Pod::registry-pod";
const settings = `# the user's own words
config:
  anchorage:cluster: { kind: lab, name: anchorage }
  anchorage:replicas: 1
  anchorage:token: { secure: AAABAExyz }
`;

/** What a CLI answers that has the stack and nothing to do. */
const quiet: Readonly<Record<string, FakeAnswer>> = {
    whoami: { stdout: "someone" },
    stack: {},
    "stack output": { stdout: "{}" },
    "stack history": { stdout: "[]" },
    "stack export": { stdout: JSON.stringify({ version: 3, deployment: { resources: [] } }) },
    preview: {},
    up: {},
    refresh: {},
    destroy: {},
};

describe("engine pulumi", () => {
    let projectRoot: string;
    let home: string;

    beforeEach(async () => {
        projectRoot = await mkdtemp(path.join(tmpdir(), "pulumi-engine-"));
        home = path.join(projectRoot, "home");
        await writeFile(path.join(projectRoot, "Pulumi.yaml"), "name: anchorage\nruntime: nodejs\n");
        await writeFile(path.join(projectRoot, "Pulumi.lab.yaml"), settings);
    });

    afterEach(async () => {
        await rm(projectRoot, { recursive: true, force: true });
    });

    /** An engine on a fake CLI that answers as `answers` says, else quietly; other commands fail the test. */
    function engineWith(
        answers: Readonly<Record<string, FakeAnswer | ((call: FakeCall) => FakeAnswer)>>,
        options: {
            readonly env?: NodeJS.ProcessEnv;
            readonly overrides?: Record<string, unknown>;
            readonly rehearsedIn?: string;
        } = {},
    ): { engine: Engine; calls: FakeCall[]; commands: () => string[] } {
        const { exec, calls } = fakePulumi((command, call) => {
            const answer = answers[command] ?? quiet[command];
            return typeof answer === "function" ? answer(call) : answer;
        });
        const engine = createPulumiEngine(
            { projectRoot, stack: "lab", overrides: options.overrides, rehearsedIn: options.rehearsedIn },
            { path: "/opt/pulumi/bin/pulumi", version: "3.259.0" },
            { exec, env: options.env ?? {}, home },
        );
        const commands = () => calls.map(({ args }) => args.slice(0, 2).join(" "));
        return { engine, calls, commands };
    }

    function callOf(calls: readonly FakeCall[], verb: string): FakeCall {
        const call = calls.find(({ args }) => args[0] === verb);
        assert.ok(call, `pulumi ${verb} was not run`);
        return call;
    }

    it("runs the program in the project's folder, without asking anything", async () => {
        const { engine, calls } = engineWith({});
        await engine.up();
        const up = callOf(calls, "up");
        assert.equal(up.cwd, projectRoot);
        for (const flag of ["--yes", "--skip-preview", "--non-interactive"]) assert.ok(up.args.includes(flag), flag);
        assert.equal(valueOf(up.args, "--stack"), "lab");
        assert.equal(up.env["PATH"]?.split(path.delimiter)[0], "/opt/pulumi/bin");
    });

    it("gives the overrides to the CLI in a copy of the settings that is gone afterwards", async () => {
        const { engine, calls } = engineWith({}, { overrides: { replicas: 3, namespace: "other" } });
        await engine.preview();
        const { configFile, args } = callOf(calls, "preview");
        assert.match(configFile ?? "", /anchorage:replicas: 3\n/);
        assert.match(configFile ?? "", /anchorage:namespace: other\n/);
        assert.match(configFile ?? "", /secure: AAABAExyz/);
        await assert.rejects(stat(path.dirname(valueOf(args, "--config-file") ?? "")), { code: "ENOENT" });
        assert.equal(await readFile(path.join(projectRoot, "Pulumi.lab.yaml"), "utf8"), settings);
    });

    it("makes a stack that does not exist away from the user's settings, and leaves their selected stack alone", async () => {
        const { engine, calls, commands } = engineWith({ stack: notFound, "stack init lab": {} });
        await engine.preview();
        const init = calls.find(({ args }) => args[1] === "init");
        assert.ok(init);
        assert.ok(init.args.includes("--no-select"));
        assert.notEqual(init.cwd, projectRoot);
        assert.ok(!commands().includes("stack select"));
    });

    it("answers for a stack that does not exist without making it", async () => {
        const absent = { ...notFound };
        const { engine, commands } = engineWith({
            stack: absent,
            "stack output": absent,
            "stack export": absent,
            config: absent,
        });
        assert.deepEqual(await engine.outputs(), {});
        assert.deepEqual(await engine.resources(), []);
        assert.deepEqual((await engine.destroy()).changes, []);
        assert.deepEqual(await engine.config(), {
            "anchorage:cluster": '{"kind":"lab","name":"anchorage"}',
            "anchorage:replicas": "1",
            "anchorage:token": "[secret]",
        });
        assert.ok(!commands().includes("stack init"));
    });

    it("knows a secret output by what the CLI masks, however deep", async () => {
        const { engine } = engineWith({
            "stack output": ({ args }) => ({
                stdout: args.includes("--show-secrets")
                    ? '{"url":"http://x","password":"hunter2","nested":{"a":1,"b":"hunter2"}}'
                    : '{"url":"http://x","password":"[secret]","nested":{"a":1,"b":"[secret]"}}',
            }),
        });
        assert.deepEqual(await engine.outputs(), {
            url: { value: "http://x", secret: false },
            password: { value: "hunter2", secret: true },
            nested: { value: { a: 1, b: "hunter2" }, secret: true },
        });
    });

    it("shows configuration as the CLI resolves it, secrets left out", async () => {
        const { engine } = engineWith({
            config: {
                stdout: '{"anchorage:replicas":{"value":"1","secret":false},"anchorage:token":{"secret":true}}',
            },
        });
        assert.deepEqual(await engine.config(), { "anchorage:replicas": "1", "anchorage:token": "[secret]" });
    });

    it("lists what is on record without default providers and what is only still to be deleted", async () => {
        const registry = "urn:pulumi:lab::anchorage::anchorage:components:Registry::registry";
        const resources = [
            { urn: registry, type: "anchorage:components:Registry", custom: false },
            {
                urn: "urn:pulumi:lab::anchorage::pulumi:providers:random::default_4_21_2",
                type: "pulumi:providers:random",
                custom: true,
            },
            { urn: podUrn, type: "kubernetes:core/v1:Pod", custom: true, id: "ns/a", parent: registry, protect: true },
            { urn: podUrn, type: "kubernetes:core/v1:Pod", custom: true, id: "ns/old", delete: true },
        ];
        const { engine } = engineWith({ "stack export": { stdout: JSON.stringify({ deployment: { resources } }) } });
        assert.deepEqual(await engine.resources(), [
            { urn: registry, type: "anchorage:components:Registry", name: "registry", custom: false, protect: false },
            {
                urn: podUrn,
                type: "kubernetes:core/v1:Pod",
                name: "registry-pod",
                parent: registry,
                id: "ns/a",
                custom: true,
                protect: true,
            },
        ]);
    });

    it("deletes nothing while a resource is protected, and names it", async () => {
        const resources = [{ urn: podUrn, type: "kubernetes:core/v1:Pod", custom: true, protect: true }];
        const { engine, commands } = engineWith({
            "stack export": { stdout: JSON.stringify({ deployment: { resources } }) },
            "state unprotect": {},
        });
        await assert.rejects(engine.destroy(), (error) => {
            assert.ok(error instanceof UserError);
            assert.equal(error.exitCode, 3);
            assert.match(error.render(), /registry-pod[^]*--unprotect/);
            return true;
        });
        assert.ok(!commands().some((command) => command.startsWith("destroy")));
        await engine.unprotect();
        assert.ok(commands().includes("state unprotect"));
    });

    it("names the resources that failed", async () => {
        const { engine } = engineWith({
            up: {
                exitCode: 255,
                stderr: "error: update failed",
                events: [{ diagnosticEvent: { severity: "error", message: "quota exceeded", urn: podUrn, color: "" } }],
            },
        });
        await assert.rejects(engine.up(), (error) => {
            assert.ok(error instanceof EngineFailure);
            assert.deepEqual(error.failures, [{ urn: podUrn, name: "registry-pod", message: "quota exceeded" }]);
            return true;
        });
    });

    it("reports the changes of a preview from the CLI's events", async () => {
        const metadata = {
            op: "update",
            urn: podUrn,
            type: "kubernetes:core/v1:Pod",
            provider: "",
            old: { inputs: { replicas: 1 } },
            new: { inputs: { replicas: 2 } },
            detailedDiff: { replicas: { diffKind: "update", inputDiff: true } },
        } as never;
        const { engine } = engineWith({ preview: { events: [{ resourcePreEvent: { metadata } }] } });
        const { changes, summary } = await engine.preview();
        assert.deepEqual(changes[0]?.diff, [{ path: "replicas", kind: "update", before: 1, after: 2 }]);
        assert.deepEqual(summary, { update: 1 });
    });

    for (const [name, stderr, exitCode, pattern] of [
        [
            "a lock of a file backend, with its holder",
            "error: the stack is currently locked by 1 lock(s). Either wait\n  file:///s/lock.json: created by ann@build-7 (pid 4711) at 2026-11-01T10:00:00Z",
            3,
            /ann@build-7, process 4711, since 2026-11-01T10:00:00Z[^]*pulumi cancel --yes --stack lab/,
        ],
        [
            "another update on Pulumi Cloud",
            "error: [409] Conflict: Another update is currently in progress.",
            3,
            /another update of stack lab is running\n[^]*pulumi cancel/,
        ],
        [
            "a passphrase that is not given",
            "error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE",
            2,
            /PULUMI_CONFIG_PASSPHRASE_FILE/,
        ],
        ["a wrong passphrase", "error: incorrect passphrase", 2, /does not decrypt/],
        [
            "a plugin that cannot be had",
            "error: no resource plugin 'pulumi-resource-random' found in the workspace at version v4.21.2",
            1,
            /no plugin random[^]*--engine rehearsal/,
        ],
        ["anything else, with what the CLI said", "error: the disk is full", 1, /the disk is full/],
    ] as const) {
        it(`explains ${name}`, async () => {
            const { engine } = engineWith({ up: { exitCode: 255, stderr } });
            await assert.rejects(engine.up(), (error) => {
                assert.ok(error instanceof UserError);
                assert.equal(error.exitCode, exitCode);
                assert.match(error.render(), pattern);
                return true;
            });
        });
    }

    it("gives back what the program refused, as the program said it", async () => {
        const refusal = new UserError("2 settings are wrong", {
            details: ['harbor.metrics is "yes"', "harbor.nope is no setting"],
            next: ["edit Pulumi.lab.yaml"],
            exitCode: 2,
        });
        const diagnosticEvent = { severity: "error", message: refusal.render(), color: "" } as const;
        const { engine } = engineWith({ preview: { exitCode: 255, events: [{ diagnosticEvent }] } });
        await assert.rejects(engine.preview(), (error) => {
            assert.ok(error instanceof UserError);
            assert.equal(error.render(), refusal.render());
            assert.equal(error.exitCode, 2);
            return true;
        });
    });

    it("takes no other text of a program for a refusal", async () => {
        const message = "Error: no such thing\n    at index.ts:3\n  next: something";
        const diagnosticEvent = { severity: "error", message, color: "" } as const;
        const { engine } = engineWith({ preview: { exitCode: 255, events: [{ diagnosticEvent }] } });
        await assert.rejects(engine.preview(), { message: "the pulumi CLI failed on stack lab", exitCode: 1 });
    });

    it("throws what it was aborted with, after the CLI has ended", async () => {
        const { engine, commands } = engineWith({
            up: { untilInterrupted: true, exitCode: 255, stderr: "error: update canceled" },
        });
        const abort = new AbortController();
        const reason = new UserError("interrupted");
        const running = engine.up({ signal: abort.signal });
        const poll = setInterval(() => {
            if (commands().some((command) => command.startsWith("up"))) abort.abort(reason);
        }, 5);
        try {
            await assert.rejects(running, (error) => error === reason);
        } finally {
            clearInterval(poll);
        }
    });

    it("runs nothing where it was aborted before", async () => {
        const { engine, calls } = engineWith({});
        await assert.rejects(engine.up({ signal: AbortSignal.abort(new UserError("too late")) }), /too late/);
        assert.deepEqual(calls, []);
    });

    describe("backend", () => {
        const loggedOut = {
            whoami: {
                exitCode: 255,
                stderr: "error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions",
            },
        };

        it("is the user's where they are logged in", async () => {
            const { engine, calls } = engineWith({});
            await engine.up();
            assert.equal(callOf(calls, "up").env["PULUMI_BACKEND_URL"], undefined);
        });

        it("is the one of PULUMI_BACKEND_URL, unasked", async () => {
            const { engine, calls } = engineWith({}, { env: { PULUMI_BACKEND_URL: "s3://state" } });
            await engine.up();
            assert.ok(!calls.some(({ args }) => args[0] === "whoami"));
        });

        it("of a rehearsal is never the user's: there lies the state of the real stack of that name", async () => {
            const env = { PULUMI_BACKEND_URL: "s3://state" };
            const { engine, calls } = engineWith({}, { env, rehearsedIn: "second" });
            await engine.up();
            const url = callOf(calls, "up").env["PULUMI_BACKEND_URL"] ?? "";
            assert.match(url, /^file:\/\/.*\/home\/pulumi-rehearsals\/second\/state$/);
        });

        it("of a lab without a login is kept with the lab, its passphrase readable by its owner alone", async () => {
            const first = engineWith(loggedOut);
            await first.engine.up();
            const { env, args } = callOf(first.calls, "up");
            assert.match(env["PULUMI_BACKEND_URL"] ?? "", /^file:\/\/.*\/home\/pulumi\/state$/);
            const file = env["PULUMI_CONFIG_PASSPHRASE_FILE"] ?? "";
            assert.equal((await stat(file)).mode & 0o777, 0o600);
            const passphrase = await readFile(file, "utf8");
            assert.ok(passphrase.length >= 32);
            assert.ok(!JSON.stringify([env, args]).includes(passphrase));

            await engineWith(loggedOut).engine.up();
            assert.equal(await readFile(file, "utf8"), passphrase);
        });

        it("of a lab leaves a passphrase that is given in force", async () => {
            const { engine, calls } = engineWith(loggedOut, { env: { PULUMI_CONFIG_PASSPHRASE: "theirs" } });
            await engine.up();
            assert.equal(callOf(calls, "up").env["PULUMI_CONFIG_PASSPHRASE_FILE"], undefined);
        });

        it("of a real environment is never chosen for the user", async () => {
            await writeFile(path.join(projectRoot, "Pulumi.lab.yaml"), settings.replace("kind: lab", "kind: kind"));
            const { engine, commands } = engineWith(loggedOut);
            await assert.rejects(engine.up(), (error) => {
                assert.ok(error instanceof UserError);
                assert.equal(error.exitCode, 2);
                assert.match(error.render(), /not logged in[^]*pulumi login s3:/);
                return true;
            });
            assert.deepEqual(commands(), ["whoami --non-interactive"]);
            await assert.rejects(stat(home), { code: "ENOENT" });
        });
    });
});
