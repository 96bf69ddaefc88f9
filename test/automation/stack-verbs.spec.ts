import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Context } from "../../automation/context";
import { destroy } from "../../automation/destroy";
import type { Engine, ResourceChange } from "../../automation/engine";
import { open } from "../../automation/open";
import { outputs } from "../../automation/outputs";
import { preview } from "../../automation/preview";
import { start } from "../../automation/start";
import { parseWorkloads, status } from "../../automation/status";
import { up } from "../../automation/up";
import { ExitCode, UserError } from "../../lib/errors";
import { ExecFailure } from "../../lib/exec";
import {
    asOutputs,
    collectingReporter,
    fakeContext,
    fakeEngine,
    sampleOutputs,
    sampleResource,
    sampleResult,
} from "../support/fakes";

const change = (op: ResourceChange["op"]): ResourceChange => ({ ...sampleResource, op, diff: [] });
const options = { stack: "lab", engine: "auto", yes: false } as const;

function failsWith(exitCode: ExitCode, message: RegExp) {
    return (error: unknown): boolean => {
        assert.ok(error instanceof UserError, String(error));
        assert.match(error.render(), message);
        assert.equal(error.exitCode, exitCode);
        return true;
    };
}

describe("verbs of a stack", () => {
    let projectRoot: string;

    before(async () => {
        projectRoot = await mkdtemp(path.join(tmpdir(), "anchorage-verbs-"));
        await writeFile(path.join(projectRoot, "Pulumi.yaml"), "name: anchorage\nruntime: nodejs\n");
        for (const stack of ["lab", "public-ha"]) {
            const settings = "config: { anchorage:cluster: { kind: lab, name: never-started } }\n";
            await writeFile(path.join(projectRoot, `Pulumi.${stack}.yaml`), settings);
        }
    });

    after(async () => {
        await rm(projectRoot, { recursive: true });
    });

    function setUp(methods: Partial<Engine>, doors: Partial<Context> = {}, kind: "auto" | "json" = "auto") {
        const { engine, calls } = fakeEngine({ outputs: () => Promise.resolve({}), ...methods });
        const { reporter, text } = collectingReporter(kind);
        const context = fakeContext({
            reporter,
            projectRoot,
            selectEngine: () => Promise.resolve({ engine, why: "the test says so" }),
            ...doors,
        });
        return { context, calls, text };
    }

    it("refuse a stack without a settings file, and name those that there are", async () => {
        const { context, calls } = setUp({});
        await assert.rejects(
            preview({ ...options, stack: "prod" }, context),
            failsWith(ExitCode.usage, /Pulumi\.prod\.yaml does not exist[^]*stacks here: lab, public-ha/),
        );
        assert.deepEqual(calls, []);
    });

    describe("preview", () => {
        it("shows what would change, and only looks", async () => {
            const { context, calls, text } = setUp({
                preview: () => Promise.resolve(sampleResult([change("create")])),
            });
            await preview(options, context);
            assert.deepEqual(calls, ["outputs", "preview"]);
            assert.match(text(), /\+ registry-admin {2}RandomPassword {2}create\n1 to create/);
            assert.match(text(), /engine rehearsal: the test says so/);
        });

        it("gives a machine the same without secret outputs", async () => {
            const secret = { ...asOutputs(sampleOutputs), token: { value: "hunter2", secret: true } };
            const { context, text } = setUp(
                { preview: () => Promise.resolve(sampleResult([change("same")], secret)) },
                {},
                "json",
            );
            await preview(options, context);
            const events = text()
                .trim()
                .split("\n")
                .map((line) => JSON.parse(line) as Record<string, unknown>);
            const last = events.at(-1);
            assert.equal(last?.["kind"], "result");
            assert.deepEqual(last["summary"], { same: 1 });
            assert.equal((last["outputs"] as Record<string, unknown>)["token"], "[secret]");
            assert.doesNotMatch(text(), /hunter2/);
        });
    });

    describe("up", () => {
        const resources = (): Promise<(typeof sampleResource)[]> => Promise.resolve([sampleResource]);

        it("wants --yes where nobody can be asked, before it does anything", async () => {
            const { context, calls } = setUp({});
            await assert.rejects(up(options, context), failsWith(ExitCode.usage, /add --yes/));
            assert.deepEqual(calls, []);
        });

        it("changes nothing when the answer is no", async () => {
            const { context, calls } = setUp(
                { preview: () => Promise.resolve(sampleResult([change("create")])) },
                { interactive: true, confirm: () => Promise.resolve(false) },
            );
            await assert.rejects(up(options, context), failsWith(ExitCode.refused, /not confirmed/));
            assert.deepEqual(calls, ["outputs", "outputs", "preview"]);
        });

        it("asks nothing where nothing would change", async () => {
            const { context, calls, text } = setUp(
                {
                    preview: () => Promise.resolve(sampleResult([change("same")])),
                    up: () => Promise.resolve(sampleResult([change("same")])),
                    resources,
                },
                { interactive: true },
            );
            await up(options, context);
            assert.deepEqual(calls, ["outputs", "outputs", "preview", "up", "resources"]);
            assert.match(text(), /nothing changed: 1 unchanged/);
        });

        it("goes straight on with --yes, and ends with tree, addresses and the place of the password", async () => {
            const { context, calls, text } = setUp({
                up: () => Promise.resolve(sampleResult([change("create")])),
                resources,
            });
            await up({ ...options, yes: true }, context);
            assert.deepEqual(calls, ["outputs", "outputs", "up", "resources"]);
            assert.match(text(), /registry-admin {2}RandomPassword {2}created/);
            assert.match(text(), /registry +http:\/\/localhost:8080/);
            assert.match(text(), /Secret harbor\/harbor-admin, key HARBOR_ADMIN_PASSWORD/);
            assert.match(text(), /containers do not run/);
        });
    });

    it("up refuses what loses data, unless it is named, and only looks at what is there", async () => {
        const volume: ResourceChange = {
            ...sampleResource,
            type: "kubernetes:core/v1:PersistentVolumeClaim",
            name: "registry-database-data",
            op: "replace",
            diff: [],
        };
        const there = {
            outputs: () => Promise.resolve(asOutputs(sampleOutputs)),
            preview: () => Promise.resolve(sampleResult([volume])),
            up: () => Promise.resolve(sampleResult([volume])),
            resources: () => Promise.resolve([]),
        };
        // Before it the cluster is asked who works on the stack, and then Helm whether its last release failed.
        const doors: Partial<Context> = {
            kubectl: () => Promise.resolve("kubectl"),
            exec: (_file, args) =>
                Promise.resolve({ stdout: args.includes("secrets") ? '{"items":[]}' : "", stderr: "" }),
        };
        const refused = setUp(there, doors);
        let id = "";
        await assert.rejects(up({ ...options, yes: true }, refused.context), (error) => {
            failsWith(ExitCode.dangerous, /not touched[^]*registry-database-data|data[^]*--allow/)(error);
            id = /--allow (\S+)$/.exec((error as UserError).render())?.[1] ?? "";
            return true;
        });
        assert.deepEqual(refused.calls.includes("up"), false);
        const wanted = setUp(there, doors);
        await up({ ...options, yes: true, allow: [id] }, wanted.context);
        assert.deepEqual(
            wanted.calls.filter((call) => call === "up"),
            ["up"],
        );
    });

    it("start brings lab and stack up, and passes a failure on", async () => {
        const lab = {
            start: () => Promise.resolve({ kubeconfig: "/k", s3Endpoint: "http://s3", alreadyRunning: true }),
        };
        const failing = setUp({ up: () => Promise.reject(new UserError("no")) }, { lab: fakeContext({ lab }).lab });
        await assert.rejects(start({ engine: "auto", lab: "anchorage" }, failing.context), /no/);
        const working = setUp(
            { up: () => Promise.resolve(sampleResult([change("same")])), resources: () => Promise.resolve([]) },
            { lab: fakeContext({ lab }).lab },
        );
        await start({ engine: "auto", lab: "anchorage" }, working.context);
        assert.match(working.text(), /was running already[^]*nothing changed/);
    });

    describe("destroy", () => {
        const guarded = { ...sampleResource, name: "registry-secret-key", protect: true };
        const all = { ...options, yes: true, unprotect: false };

        it("refuses protected resources by name", async () => {
            const { context, calls } = setUp({ resources: () => Promise.resolve([sampleResource, guarded]) });
            await assert.rejects(
                destroy(all, context),
                failsWith(ExitCode.refused, /1 protected resource\n {2}- registry-secret-key[^]*--unprotect/),
            );
            assert.deepEqual(calls, ["resources"]);
        });

        it("lifts the protection first when told to", async () => {
            const { context, calls, text } = setUp({
                resources: () => Promise.resolve([guarded]),
                unprotect: () => Promise.resolve(),
                destroy: () => Promise.resolve(sampleResult([change("delete")], {})),
            });
            await destroy({ ...all, unprotect: true, lab: "rehearsal" }, context);
            assert.deepEqual(calls, ["resources", "outputs", "unprotect", "destroy"]);
            assert.match(text(), /^lab rehearsal goes on running: npx anchorage lab reset --name rehearsal/m);
        });

        it("deletes nothing when the answer is no, and nothing from an empty stack", async () => {
            const refused = setUp(
                { resources: () => Promise.resolve([sampleResource]) },
                { interactive: true, confirm: () => Promise.resolve(false) },
            );
            await assert.rejects(
                destroy({ ...all, yes: false }, refused.context),
                failsWith(ExitCode.refused, /nothing/),
            );
            assert.deepEqual(refused.calls, ["resources"]);
            const empty = setUp({ resources: () => Promise.resolve([]) });
            await destroy(all, empty.context);
            assert.deepEqual(empty.calls, ["resources"]);
        });
    });

    describe("outputs", () => {
        const stored = { ...asOutputs(sampleOutputs), token: { value: "hunter2", secret: true } };
        const all = { ...options, showSecrets: false };

        it("hides secrets unless they are asked for", async () => {
            const hidden = setUp({ outputs: () => Promise.resolve(stored) });
            await outputs(all, hidden.context);
            assert.match(hidden.text(), /token +\[secret\]/);
            assert.doesNotMatch(hidden.text(), /hunter2/);
            const shown = setUp({ outputs: () => Promise.resolve(stored) });
            await outputs({ ...all, name: "token", showSecrets: true }, shown.context);
            assert.equal(shown.text(), "hunter2\n");
        });

        it("names the outputs when one is asked for that does not exist", async () => {
            const { context } = setUp({ outputs: () => Promise.resolve(stored) });
            await assert.rejects(
                outputs({ ...all, name: "registryurl" }, context),
                failsWith(ExitCode.usage, /outputs: admin, cluster, exposure, namespace, registryUrl, release, token/),
            );
        });
    });

    describe("status", () => {
        const workloads = (readyReplicas?: number): string =>
            JSON.stringify({
                items: [
                    {
                        kind: "Deployment",
                        metadata: { name: "harbor-core" },
                        spec: { replicas: 2 },
                        status: { readyReplicas },
                    },
                ],
            });

        for (const [ready, expected] of [
            [2, true],
            [1, false],
            [undefined, false],
        ] as const) {
            it(`with ${String(ready)} of 2 pods ready is ${String(expected)}`, async () => {
                const commands: string[] = [];
                const { context, text } = setUp(
                    {
                        resources: () => Promise.resolve([sampleResource]),
                        outputs: () => Promise.resolve(asOutputs(sampleOutputs)),
                    },
                    {
                        kubectl: () => Promise.resolve("/lab/kubectl"),
                        exec: (file, args) => {
                            commands.push([file, ...args].join(" "));
                            return Promise.resolve({ stdout: workloads(ready), stderr: "" });
                        },
                    },
                );
                assert.equal(await status(options, context), expected);
                assert.match(text(), new RegExp(`harbor-core +Deployment +${String(ready ?? 0)}/2 ready`));
                assert.deepEqual(commands, [
                    "/lab/kubectl --kubeconfig /tmp/kubeconfig --context kwok-anchorage -n harbor get deployments,statefulsets -o json",
                ]);
            });
        }

        it("says that the cluster does not answer, and what brings it back", async () => {
            const refused = "The connection to the server 127.0.0.1:1 was refused";
            const { context } = setUp(
                {
                    resources: () => Promise.resolve([sampleResource]),
                    outputs: () => Promise.resolve(asOutputs(sampleOutputs)),
                },
                {
                    kubectl: () => Promise.resolve("kubectl"),
                    exec: () => Promise.reject(new ExecFailure("failed", "kubectl", 1, "", refused, undefined, {})),
                },
            );
            await assert.rejects(status(options, context), (error) => {
                assert.ok(error instanceof UserError);
                assert.deepEqual(
                    [error.message, error.details],
                    ["cannot read the workloads of namespace harbor", [refused]],
                );
                assert.match(error.next.join(), /npx anchorage lab start/);
                return true;
            });
        });

        it("says that a stack is not up", async () => {
            const { context, text } = setUp({
                resources: () => Promise.resolve([]),
                outputs: () => Promise.resolve({}),
            });
            assert.equal(await status(options, context), false);
            assert.match(text(), /not up: npx anchorage up/);
        });

        it("takes Kubernetes' default of one replica", () => {
            assert.deepEqual(
                parseWorkloads('{"items":[{"kind":"StatefulSet","metadata":{"name":"x"},"spec":{},"status":{}}]}'),
                [{ kind: "StatefulSet", name: "x", ready: 0, wanted: 1 }],
            );
        });
    });

    describe("open", () => {
        const kind = { kind: "kind", name: "anchorage", context: "kind-anchorage" } as const;
        const forward = "--context kind-anchorage -n harbor port-forward service/harbor 8080:80";

        it("prints the command, and refuses to forward into simulated pods", async () => {
            const { context, text } = setUp({ outputs: () => Promise.resolve(asOutputs(sampleOutputs)) });
            await open({ ...options, forward: false }, context);
            assert.match(text(), /port-forward service\/harbor 8080:80/);
            await assert.rejects(
                open({ ...options, forward: true }, context),
                failsWith(ExitCode.refused, /simulated/),
            );
        });

        it("forwards until Ctrl-C, which is no failure", async () => {
            const controller = new AbortController();
            const { context } = setUp(
                { outputs: () => Promise.resolve(asOutputs({ ...sampleOutputs, cluster: kind })) },
                {
                    signal: controller.signal,
                    kubectl: () => Promise.resolve("kubectl"),
                    exec: (file, args) => {
                        assert.equal([file, ...args].join(" "), `kubectl ${forward}`);
                        controller.abort();
                        return Promise.reject(new Error("was cancelled"));
                    },
                },
            );
            await open({ ...options, forward: true }, context);
            assert.ok(controller.signal.aborted);
        });

        it("says so when the forward ends by itself", async () => {
            const { context } = setUp(
                { outputs: () => Promise.resolve(asOutputs({ ...sampleOutputs, cluster: kind })) },
                { kubectl: () => Promise.resolve("kubectl"), exec: () => Promise.reject(new Error("pod is gone")) },
            );
            await assert.rejects(open({ ...options, forward: true }, context), /pod is gone/);
        });
    });
});
