import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Context } from "../../automation/context";
import type { Outputs } from "../../automation/engine";
import { preflight } from "../../automation/preflight";
import { preview } from "../../automation/preview";
import { up } from "../../automation/up";
import { ExitCode, UserError } from "../../lib/errors";
import { ExecFailure, type Exec } from "../../lib/exec";
import { labEndpointsFile } from "../../lib/home";
import { asOutputs, collectingReporter, fakeContext, fakeEngine, sampleOutputs } from "../support/fakes";
import { mockLab } from "../support/mocks";

type Raw = Readonly<Record<string, unknown>>;

const route = { kind: "route", host: "registry.example.com" };
const shared = { kind: "volume", accessMode: "ReadWriteMany" };
const onCluster: Raw = { cluster: { kind: "kubeconfig" }, storage: shared };
/** Envoy Gateway is for a range of Kubernetes versions. */
const onRoute: Raw = { ...onCluster, exposure: route, tls: { kind: "self-signed" } };
const options = { stack: "prod", engine: "auto" } as const;

/** What kubectl prints of a server of that version. */
const says = (gitVersion: string): string => JSON.stringify({ clientVersion: {}, serverVersion: { gitVersion } });

function failure(stderr: string): ExecFailure {
    return new ExecFailure("failed", "kubectl", 1, '{"clientVersion":{}}', stderr, undefined, {});
}

function installed(harborVersion: string, database?: string): Outputs {
    return {
        ...asOutputs({ ...sampleOutputs, release: { name: "harbor", harborVersion, chartVersion: "0.0.0" } }),
        ...(database === undefined ? {} : { database: { value: { kind: database }, secret: false } }),
    };
}

describe("preflight", () => {
    let projectRoot: string;

    before(async () => {
        projectRoot = await mkdtemp(path.join(tmpdir(), "anchorage-preflight-"));
        await writeFile(path.join(projectRoot, "Pulumi.yaml"), "name: anchorage\nruntime: nodejs\n");
    });

    after(async () => {
        await rm(projectRoot, { recursive: true });
    });

    async function setUp(settings: Raw, answer: Exec, outputs: Outputs = {}) {
        const config = Object.fromEntries(Object.entries(settings).map(([key, value]) => [`anchorage:${key}`, value]));
        await writeFile(path.join(projectRoot, "Pulumi.prod.yaml"), JSON.stringify({ config }));
        const { engine: fake, calls } = fakeEngine({ outputs: () => Promise.resolve(outputs) });
        const engine = { ...fake, name: "pulumi" as const };
        const { reporter, text } = collectingReporter();
        const asked: string[] = [];
        const context: Context = fakeContext({
            reporter,
            projectRoot,
            kubectl: () => Promise.resolve("kubectl"),
            exec: (file, args, given) => {
                asked.push([file, ...args].join(" "));
                return answer(file, args, given);
            },
            selectEngine: () => Promise.resolve({ engine, why: "the test says so" }),
        });
        return { selected: { engine, why: "" }, context, calls, asked, text };
    }

    const server =
        (version: string): Exec =>
        () =>
            Promise.resolve({ stdout: says(version), stderr: "" });

    /** The sentences that it refuses with; none where it lets the update go on. */
    async function refusals(settings: Raw, answer: Exec, outputs: Outputs = {}, more: object = {}) {
        const { selected, context, asked, text } = await setUp(settings, answer, outputs);
        try {
            await preflight(selected, { ...options, ...more }, context);
        } catch (error) {
            assert.ok(error instanceof UserError, String(error));
            assert.equal(error.exitCode, ExitCode.refused);
            return { details: error.details, asked, text: text() };
        }
        return { details: [], asked, text: text() };
    }

    describe("of the cluster's Kubernetes", () => {
        it("refuses one that an operator does not support, and allows its neighbours", async () => {
            const stack = onRoute;
            for (const version of ["v1.37.0", "v1.32.9-gke.100"]) {
                const { details } = await refusals(stack, server(version));
                assert.equal(details.length, 1);
                assert.match(
                    details[0] ?? "",
                    /^the kubeconfig's current cluster is Kubernetes 1\.3[27], but envoy-gateway v[\d.]+ supports 1\.33 to 1\.36: /,
                );
            }
            for (const version of ["v1.33.0", "v1.36.1+k3s1"]) {
                const { details, text } = await refusals(stack, server(version));
                assert.deepEqual([details, text], [[], ""]);
            }
            const own = { ...stack, operators: { "envoy-gateway": { installed: true } } };
            assert.deepEqual((await refusals(own, server("v1.37.0"))).details, []);
        });

        it("asks the cluster that the settings name", async () => {
            const cluster = { kind: "kubeconfig", path: "/k", context: "edge" };
            const { asked } = await refusals({ ...onRoute, cluster }, server("v1.36.0"));
            assert.deepEqual(asked, ["kubectl --kubeconfig /k --context edge version -o json --request-timeout=10s"]);
        });

        it("asks nobody where nothing that is installed is for a range of versions", async () => {
            const { asked, text } = await refusals(onCluster, server("v1.0.0"));
            assert.deepEqual([asked, text], [[], ""]);
        });

        it("says once that it was not checked where nobody answers, and lets the update go on", async () => {
            const answers: Exec[] = [
                () => Promise.reject(failure("E1123\nThe connection to the server was refused")),
                () =>
                    Promise.reject(new ExecFailure("spawn kubectl ENOENT", "kubectl", undefined, "", "", "ENOENT", {})),
                () => Promise.resolve({ stdout: "{}", stderr: "" }),
                () => Promise.resolve({ stdout: "no JSON", stderr: "" }),
            ];
            for (const answer of answers) {
                const { details, text } = await refusals(onRoute, answer);
                assert.deepEqual(details, []);
                assert.equal(text.match(/is not checked/g)?.length, 1, text);
            }
        });

        it("does not hide a defect of its own", async () => {
            const broken: Exec = () => Promise.reject(new TypeError("of ours"));
            await assert.rejects(refusals(onRoute, broken), /TypeError: of ours/);
        });

        it("only warns of a KinD cluster, which an update may replace, and is silent before there is one", async () => {
            const stack = { cluster: { kind: "kind", name: "try" }, exposure: route, tls: { kind: "self-signed" } };
            const { details, text, asked } = await refusals(stack, server("v1.30.0"));
            assert.deepEqual(details, []);
            assert.match(text, /KinD cluster try is Kubernetes 1\.30, but envoy-gateway/);
            assert.match(asked[0] ?? "", /^kubectl --context kind-try version/);
            const absent = await refusals(stack, () => Promise.reject(failure("context does not exist")));
            assert.deepEqual([absent.details, absent.text], [[], ""]);
        });

        it("only warns of a lab, which simulates the operators", async () => {
            const file = labEndpointsFile("preflight");
            await mkdir(path.dirname(file), { recursive: true });
            await writeFile(file, JSON.stringify({ ...mockLab, name: "preflight" }));
            const stack = onRoute;
            const { details, text, asked } = await refusals(stack, server("v1.37.2"), {}, { lab: "preflight" });
            assert.deepEqual(details, []);
            assert.match(text, /lab preflight is Kubernetes 1\.37, but .*the lab only simulates it/);
            assert.match(asked[0] ?? "", /^kubectl --kubeconfig \/lab\/kubeconfig --context kwok-anchorage version/);
            const none = await refusals(stack, server("v1.37.2"), {}, { lab: "never-started" });
            assert.deepEqual(none, { details: [], asked: [], text: "" });
        });
    });

    describe("of the installed Harbor", () => {
        const internal: Raw = { cluster: { kind: "lab", name: "never-started" } };
        const external = { ...internal, database: { kind: "external", host: "pg.example.com", password: "hush-hush" } };
        const noAsk: Exec = () => Promise.reject(new Error("asked"));

        it("refuses another engine under an internal database, unless it is accepted", async () => {
            const { details } = await refusals(internal, noAsk, installed("2.15.1"));
            assert.equal(details.length, 1);
            assert.match(details[0] ?? "", /PostgreSQL 18.*2\.15\.1 is 15.*--accept-engine-change/);
            const accepted = await refusals(internal, noAsk, installed("2.15.1"), { acceptEngineChange: true });
            assert.deepEqual(accepted.details, []);
            assert.equal((await refusals(internal, noAsk, installed("2.15.1", "internal"))).details.length, 1);
        });

        it("leaves the way to whoever plans it hop by hop, and checks all else", async () => {
            const plansHops = { plansHops: true };
            assert.deepEqual((await refusals(internal, noAsk, installed("2.9.0"), plansHops)).details, []);
            const { details } = await refusals(onRoute, server("v1.37.0"), installed("2.9.0"), plansHops);
            assert.equal(details.length, 1);
            assert.match(details[0] ?? "", /is Kubernetes 1\.37/);
        });

        it("allows it where the data is elsewhere, goes elsewhere, or is not there yet", async () => {
            assert.deepEqual((await refusals(external, noAsk, installed("2.15.1", "external"))).details, []);
            assert.deepEqual((await refusals(external, noAsk, installed("2.15.1", "internal"))).details, []);
            assert.deepEqual((await refusals(internal, noAsk, installed("2.15.1", "zalando"))).details, []);
            assert.deepEqual((await refusals(internal, noAsk)).details, []);
            assert.deepEqual((await refusals(internal, noAsk, installed("2.15.2"))).details, []);
        });

        it("refuses a downgrade and a hop over three minor versions, whatever the database", async () => {
            const old = { ...external, harbor: { version: "2.14.4" } };
            assert.match((await refusals(old, noAsk, installed("2.15.2"))).details.join(), /never goes back/);
            assert.match((await refusals(external, noAsk, installed("2.12.2"))).details.join(), /set "2\.14\.4" first/);
            assert.deepEqual((await refusals(external, noAsk, installed("2.13.1"))).details, []);
        });
    });

    it("warns where the database moves to another host, which the migration's Job does not know yet", async () => {
        const old = { value: { kind: "external", host: "old.example.com" }, secret: false };
        const database = { kind: "external", host: "new.example.com", password: "hush-hush" };
        const outputs = { ...installed("2.15.2"), database: old };
        const { details, text } = await refusals({ ...onCluster, database }, server("v1.36.0"), outputs);
        assert.deepEqual(details, []);
        assert.match(text, /moves from old\.example\.com to new\.example\.com/);
    });

    it("names the verb that plans the way where another Harbor is refused, and only there", async () => {
        const next = async (settings: Raw, version: string, harbor: string): Promise<string> => {
            const { selected, context } = await setUp(settings, server(version), installed(harbor));
            const error = await preflight(selected, options, context).then(
                () => undefined,
                (thrown: unknown) => thrown,
            );
            assert.ok(error instanceof UserError);
            return error.next.join();
        };
        const plan = /npx anchorage upgrade plan --stack prod shows the way/;
        assert.match(await next({ ...onCluster, database: { kind: "internal" } }, "v1.36.0", "2.12.2"), plan);
        assert.doesNotMatch(await next(onRoute, "v1.37.0", "2.15.2"), plan);
    });

    describe("of the PostgreSQL that an operator runs", () => {
        const stack = (version: string): Raw => ({ ...onCluster, database: { kind: "cloudnative-pg", version } });
        const outputs: Outputs = {
            ...installed("2.15.2"),
            database: { value: { kind: "cloudnative-pg", host: "harbor-postgresql-rw" }, secret: false },
        };
        const runs =
            (major: string): Exec =>
            (_file, args) => {
                const isCluster = args.includes("clusters.postgresql.cnpg.io");
                const cluster = JSON.stringify({
                    spec: { imageName: `ghcr.io/cloudnative-pg/postgresql:${major}.4-x` },
                });
                return Promise.resolve({ stdout: isCluster ? cluster : says("v1.34.0"), stderr: "" });
            };
        const told = async (version: string, more: object = {}): Promise<readonly string[]> =>
            (await refusals(stack(version), runs("17"), outputs, more)).details;

        it("refuses another major version, which is a rewrite, and names the verb for it", async () => {
            assert.match((await told("18")).join(), /PostgreSQL 17 to 18 rewrites the database/);
            assert.match((await told("16", { acceptEngineChange: true })).join(), /16 is older than PostgreSQL 17/);
            const { selected, context } = await setUp(stack("18"), runs("17"), outputs);
            await assert.rejects(
                preflight(selected, options, context),
                (error: unknown) => error instanceof UserError && error.render().includes("upgrade parts --stack prod"),
            );
        });

        it("lets the same one pass, one that was agreed to, and a cluster that does not answer", async () => {
            assert.deepEqual(await told("17"), []);
            assert.deepEqual(await told("18", { acceptEngineChange: true }), []);
            const silent: Exec = () => Promise.reject(failure("no route to host"));
            const { details, text } = await refusals(stack("18"), silent, outputs);
            assert.deepEqual(details, []);
            assert.match(text, /which PostgreSQL runs is not checked beforehand/);
        });
    });

    it("says all problems at once", async () => {
        const stack = { ...onRoute, database: { kind: "internal" } };
        const { details } = await refusals(stack, server("v1.37.0"), installed("2.12.2"));
        assert.equal(details.length, 3, details.join("\n"));
    });

    it("stops preview and up before the engine is let at the stack", async () => {
        for (const verb of [preview, up]) {
            const nobody: Exec = () => Promise.resolve({ stdout: "", stderr: "" });
            const { context, calls } = await setUp(onCluster, nobody, installed("2.15.1"));
            await assert.rejects(
                verb({ ...options, yes: true }, context),
                (error: unknown) => error instanceof UserError && error.exitCode === ExitCode.refused,
            );
            assert.deepEqual([...new Set(calls)], ["outputs"]);
        }
    });

    it("asks nothing of a lab that nothing was brought up in", async () => {
        const { selected, context, asked, text } = await setUp({ nonsense: true }, server("v1.0.0"));
        await preflight({ ...selected, engine: { ...selected.engine, name: "rehearsal" } }, options, context);
        assert.deepEqual([asked, text()], [[], ""]);
    });

    it("leaves settings that only the engine can read to the program, and says so", async () => {
        const { details, text } = await refusals({ storage: shared }, server("v1.36.0"), installed("2.12.2"));
        assert.deepEqual(details, []);
        assert.match(text, /not checked beforehand: Pulumi\.prod\.yaml alone is no whole settings \(cluster/);
    });
});
