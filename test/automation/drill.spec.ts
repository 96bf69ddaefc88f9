import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { drillDisaster } from "../../automation/drill";
import { borrowsIn, withBorrowedBackup } from "../../automation/drill/borrowed-backup";
import { nestedReporter, withNested } from "../../automation/drill/nested-reporter";
import { isThere, seedImages } from "../../automation/drill/seeds";
import type { StepRecord } from "../../automation/steps";
import { HarborError } from "../../harbor/client/errors";
import { digestOf, type Image } from "../../harbor/registry/image";
import { ExitCode, UserError } from "../../lib/errors";
import { parseSettings } from "../../config/settings";
import {
    asOutputs,
    collectingReporter,
    fakeContext,
    fakeEngine,
    sampleOutputs,
    sampleResource,
    sampleResult,
    unexpected,
} from "../support/fakes";

describe("drill disaster", () => {
    let projectRoot: string;

    beforeEach(async () => {
        projectRoot = await mkdtemp(path.join(tmpdir(), "anchorage-drill-"));
        await writeFile(path.join(projectRoot, "Pulumi.yaml"), "name: anchorage\nruntime: nodejs\n");
        await writeFile(
            path.join(projectRoot, "Pulumi.public.yaml"),
            "config:\n  anchorage:cluster: { kind: kubeconfig }\n",
        );
    });

    afterEach(async () => {
        await rm(projectRoot, { recursive: true });
    });

    /** A stack on a cluster that is no lab. Of its cluster only the keys of the backup bucket may be asked. */
    function setUp() {
        const outputs = {
            ...sampleOutputs,
            cluster: { kind: "kubeconfig", name: "prod", context: "prod" } as const,
            encryptionKey: { secretName: "key", secretKey: "secretKey" },
            backup: {
                namespace: "velero",
                location: "anchorage",
                bucket: { bucket: "b", region: "r", endpoint: "http://127.0.0.1:1", pathStyle: true },
                credentials: { secretName: "s", secretKey: "cloud" },
                volumes: "none",
                retention: { count: 1, days: 1 },
            } as const,
        };
        const cloud = Buffer.from("[default]\naws_access_key_id=a\naws_secret_access_key=b\n").toString("base64");
        const { engine } = fakeEngine({ outputs: () => Promise.resolve(asOutputs(outputs)) });
        return fakeContext({
            projectRoot,
            exec: (file, args) => {
                assert.deepEqual(
                    [file, ...args],
                    "kubectl --context prod -n velero get secret s --ignore-not-found -o json".split(" "),
                );
                return Promise.resolve({ stdout: JSON.stringify({ data: { cloud } }), stderr: "" });
            },
            kubectl: () => Promise.resolve("kubectl"),
            selectEngine: () => Promise.resolve({ engine, why: "test" }),
        });
    }

    for (const [what, more] of [
        ["without the stack's name said once more", {}],
        ["with another stack's name", { destroyRegistryOf: "dev" }],
    ] as const) {
        it(`is refused outside of a lab ${what}`, async () => {
            const options = { stack: "public", engine: "auto", yes: true, ...more } as const;
            await assert.rejects(drillDisaster(options, setUp()), (error: unknown) => {
                assert.ok(error instanceof UserError);
                assert.equal(error.exitCode, ExitCode.refused);
                assert.equal(
                    error.message,
                    "a drill deletes the registry of stack public, its database and its images",
                );
                assert.ok(error.next.some((line) => line.includes("--destroy-registry-of public")));
                return true;
            });
        });
    }

    it("is planned there with it, and touches nothing", async () => {
        const { reporter, text } = collectingReporter();
        const options = {
            stack: "public",
            engine: "auto",
            yes: false,
            plan: true,
            destroyRegistryOf: "public",
        } as const;
        await drillDisaster(options, { ...setUp(), reporter });
        assert.match(
            text(),
            / 1 {2}push images[^]* 4 {2}lose the registry +namespace harbor[^]* 8 {2}preview the stack/,
        );
    });

    it("asks, and is refused where nobody can be asked", async () => {
        const options = { stack: "public", engine: "auto", yes: false } as const;
        await assert.rejects(drillDisaster(options, setUp()), /asks before it changes anything/);
    });
});

describe("the timeline of a drill", () => {
    const record = (id: string, kind: "step" | "undo" = "step"): StepRecord => ({
        id,
        title: id,
        kind,
        state: "done",
        beganAt: 0,
        elapsedMs: 1,
    });

    it("has the steps of nested verbs behind the step that they were", async () => {
        const { reporter } = collectingReporter();
        const shown: string[] = [];
        let time = 0;
        const nested = nestedReporter(
            reporter,
            "backup",
            (detail) => shown.push(detail),
            () => (time += 10),
        );
        await nested.reporter.step("dump", (update) => {
            update("1 MiB");
            return Promise.resolve();
        });
        await assert.rejects(nested.reporter.step("copy", () => Promise.reject(new UserError("no space"))));
        assert.deepEqual(shown, ["dump", "dump, 1 MiB", "copy"]);
        const all = withNested([record("seed"), record("backup"), record("backup", "undo")], { backup: nested });
        assert.deepEqual(
            all.map(({ title, state, detail, elapsedMs }) => [title, state, detail, elapsedMs]),
            [
                ["seed", "done", undefined, 1],
                ["backup", "done", undefined, 1],
                ["backup: dump", "done", undefined, 10],
                ["backup: copy", "failed", "no space", 10],
                ["backup", "done", undefined, 1],
            ],
        );
    });
});

describe("a drill of a stack without backup", () => {
    const settings = (more: Readonly<Record<string, unknown>>) => parseSettings({ cluster: { kind: "lab" }, ...more });
    const at = { stack: "lab", engine: "auto" } as const;
    const velero = { backup: { kind: "velero", location: { kind: "s3", bucket: "backups" } } };

    it("borrows one in its lab, and nowhere else", () => {
        assert.equal(borrowsIn(settings({}), at), "anchorage");
        assert.equal(
            borrowsIn(settings({ cluster: { kind: "kubeconfig" } }), { ...at, lab: "rehearsal" }),
            "rehearsal",
        );
        assert.equal(borrowsIn(settings({ cluster: { kind: "kubeconfig" } }), at), undefined);
        assert.equal(borrowsIn(settings(velero), at), undefined);
    });

    it("takes the backup away again, also where the drill fails", async () => {
        const ups: unknown[] = [];
        const resources = () => Promise.resolve([sampleResource]);
        const outputs = () => Promise.resolve(asOutputs(sampleOutputs));
        const context = fakeContext({
            kubectl: unexpected("kubectl"),
            selectEngine: (_options, overrides) => {
                const up = () => {
                    ups.push(overrides?.["backup"]);
                    return Promise.resolve(sampleResult([]));
                };
                return Promise.resolve({ engine: fakeEngine({ up, resources, outputs }).engine, why: "test" });
            },
            lab: { charts: () => Promise.resolve([]), velero: () => Promise.resolve() },
        });
        const doorsOfKubectl = { ...context, kubectl: () => Promise.resolve("kubectl") };
        const failing = () => Promise.reject(new UserError("the drill failed"));
        await assert.rejects(withBorrowedBackup(at, "anchorage", doorsOfKubectl, failing), /the drill failed/);
        assert.equal(ups.length, 2);
        assert.deepEqual((ups[0] as { kind: string }).kind, "velero");
        assert.equal(ups[1], undefined);
    });

    it("is refused where nothing is up", async () => {
        const engine = fakeEngine({ resources: () => Promise.resolve([]) }).engine;
        const context = fakeContext({ selectEngine: () => Promise.resolve({ engine, why: "test" }) });
        await assert.rejects(withBorrowedBackup(at, "anchorage", context, unexpected("work")), (error: unknown) => {
            assert.ok(error instanceof UserError);
            assert.equal(error.exitCode, ExitCode.refused);
            assert.match(error.render(), /stack lab is not up: there is nothing to lose\n {2}next: npm start/);
            return true;
        });
    });
});

describe("images of a drill", () => {
    it("are each another one, and known by their digests", async () => {
        const pushed = new Map<string, Image>();
        const registry = {
            push: (repository: string, tag: string, image: Image) => {
                pushed.set(`${repository}:${tag}`, image);
                return Promise.resolve(digestOf(image.manifest));
            },
        };
        const images = await seedImages(registry, "drill-1", 12, () => undefined);
        assert.equal(new Set(images.map(({ digest }) => digest)).size, 12);
        assert.equal(pushed.size, 12);
        assert.deepEqual([...new Set(images.map(({ repository }) => repository))].sort(), [
            "drill-1/app-0",
            "drill-1/app-1",
        ]);
    });

    it("are there, or not, and a registry that fails is neither", async () => {
        const image = { repository: "a/b", digest: "sha256:1" };
        const failing = (kind: "not-found" | "server") => ({
            pullManifest: () => Promise.reject(new HarborError("no", { kind, endpoint: "GET /v2/" })),
        });
        assert.equal(await isThere({ pullManifest: () => Promise.resolve(Buffer.alloc(0)) }, image), true);
        assert.equal(await isThere(failing("not-found"), image), false);
        await assert.rejects(isThere(failing("server"), image), HarborError);
    });
});
