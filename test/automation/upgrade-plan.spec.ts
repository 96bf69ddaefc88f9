import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Outputs } from "../../automation/engine";
import {
    planStackUpgrade,
    upgradePlan,
    type StackUpgradePlan,
    type UpgradePlanOptions,
} from "../../automation/upgrade/plan";
import type { DatabaseOutput, StackOutputs } from "../../config/contract";
import { ExitCode, UserError } from "../../lib/errors";
import { ExecFailure, type Exec } from "../../lib/exec";
import { asOutputs, collectingReporter, fakeContext, fakeEngine, sampleOutputs } from "../support/fakes";

type Raw = Readonly<Record<string, unknown>>;
type Options = Partial<UpgradePlanOptions>;

const stack = { stack: "prod", engine: "auto" } as const;

const inside: Raw = { cluster: { kind: "lab" }, database: { kind: "internal" }, cache: { kind: "internal" } };
const outside: Raw = {
    cluster: { kind: "kubeconfig", context: "production" },
    storage: { kind: "volume", accessMode: "ReadWriteMany" },
    database: { kind: "external", host: "pg.example.com", password: "hush-hush" },
    cache: { kind: "external", host: "redis.example.com" },
    harbor: { replicas: { core: 2, registry: 2 } },
};

const externalDatabase: DatabaseOutput = {
    kind: "external",
    ...{ host: "pg.example.com", port: 5432, database: "registry", user: "harbor", sslmode: "require" },
    password: { secretName: "pg", secretKey: "password" },
};

function installed(harborVersion: string, more: Partial<StackOutputs> = {}): Outputs {
    return asOutputs({ ...sampleOutputs, release: { name: "harbor", harborVersion, chartVersion: "0.0.0" }, ...more });
}

describe("upgrade plan", () => {
    let projectRoot: string;

    before(async () => {
        projectRoot = await mkdtemp(path.join(tmpdir(), "anchorage-upgrade-plan-"));
        await writeFile(path.join(projectRoot, "Pulumi.yaml"), "name: anchorage\nruntime: nodejs\n");
    });

    after(async () => {
        await rm(projectRoot, { recursive: true });
    });

    /** @param outputs of the stack's last update; none: nobody may ask for them */
    async function world(settings: Raw, outputs?: Outputs, answer?: Exec, kind: "auto" | "json" = "auto") {
        const config = Object.fromEntries(Object.entries(settings).map(([key, value]) => [`anchorage:${key}`, value]));
        const file = path.join(projectRoot, "Pulumi.prod.yaml");
        await writeFile(file, JSON.stringify({ config }));
        const { reporter, text } = collectingReporter(kind);
        const { engine, calls } = fakeEngine({ outputs: () => Promise.resolve(outputs ?? {}) });
        const live = {
            selectEngine: () => Promise.resolve({ engine, why: "the test says so" }),
            kubectl: () => Promise.resolve("kubectl"),
            exec:
                answer ??
                (() => Promise.reject(new ExecFailure("no cluster", "kubectl", 1, "", "gone", undefined, {}))),
        };
        const context = fakeContext({ reporter, projectRoot, ...(outputs === undefined ? {} : live) });
        return { context, text, calls, settings: () => readFile(file, "utf8") };
    }

    async function refusal(options: Options, settings: Raw, outputs?: Outputs): Promise<UserError> {
        const { context } = await world(settings, outputs);
        try {
            await upgradePlan({ ...stack, ...options }, context);
        } catch (error) {
            assert.ok(error instanceof UserError, String(error));
            return error;
        }
        throw new Error("it was not refused");
    }

    it("starts at what is installed, and asks the engine for nothing but outputs", async () => {
        const { context, text, calls } = await world(outside, installed("2.12.2"));
        await upgradePlan({ ...stack, to: "2.15.1" }, context);
        assert.deepEqual(calls, ["outputs"]);
        assert.match(text(), /^prod: Harbor 2\.12\.2 \(installed\) → 2\.15\.1, 2 hops\n/);
        assert.match(
            text(),
            /Hop 1: 2\.12\.2 → 2\.14\.4 \(chart 1\.16\.2 → 1\.18\.4\)\n {2}database {4}schema 150 → 171, one way, by a Job before any pod/,
        );
        assert.match(
            text(),
            /pulls {7}expected to go on\n {14}a new pod is ready before an old one goes \(core has 2 pods/,
        );
        assert.ok(
            text()
                .split("\n")
                .every((line) => line.length <= 100),
            text(),
        );
    });

    it("changes no file", async () => {
        const { context, settings } = await world(outside, installed("2.12.2"));
        const before = await settings();
        await upgradePlan({ ...stack, to: "2.15.1" }, context);
        assert.equal(await settings(), before);
    });

    it("asks nobody where it is said what is installed", async () => {
        const { context, text } = await world(outside);
        await upgradePlan({ ...stack, from: "2.9", to: "2.15" }, context);
        assert.match(text(), /^prod: Harbor 2\.9\.5 \(as said, nothing was asked\) → 2\.15\.2, 3 hops/);
        assert.match(text(), /warning 2\.9\.5 to 2\.11\.2: this program does not install 2\.11\.2/);
    });

    it("goes to the settings' version where that is newer than what is installed, else to the newest", async () => {
        const goal = async (version: string, from: string): Promise<string> => {
            const { context } = await world({ ...outside, harbor: { version } });
            return (await planStackUpgrade({ ...stack, from }, context)).to;
        };
        assert.equal(await goal("2.14.4", "2.13.1"), "2.14.4");
        assert.equal(await goal("2.14.4", "2.14.4"), "2.15.2");
        assert.equal(await goal("2.13.1", "2.14.4"), "2.15.2");
    });

    it("says so where nothing is to be done", async () => {
        const { context, text } = await world(outside, installed("2.15.2"));
        await upgradePlan(stack, context);
        assert.equal(text(), "prod: Harbor 2.15.2 (installed) → 2.15.2: nothing to do\n");
    });

    it("prints one object for a machine", async () => {
        const { context, text } = await world(outside, undefined, undefined, "json");
        await upgradePlan({ ...stack, from: "2.14.4", to: "2.15.2" }, context);
        const plan = JSON.parse(text()) as StackUpgradePlan & { verb: string };
        assert.equal(plan.verb, "upgrade plan");
        assert.deepEqual([plan.from, plan.to, plan.live, plan.refusals], ["2.14.4", "2.15.2", false, []]);
        assert.deepEqual(
            plan.hops.map(({ chart, schema }) => [chart, schema]),
            [["1.19.2", { from: 171, to: 180 }]],
        );
        assert.deepEqual(plan.expected[0]?.pulls, { least: 0, most: 0 });
        assert.doesNotMatch(text(), /hush/);
    });

    it("says what of the user's values has to change", async () => {
        const values = { core: { image: { repository: "mirror.example.com/harbor-core" } } };
        const { context } = await world({ ...outside, harbor: { values } });
        const { hops } = await planStackUpgrade({ ...stack, from: "2.14.4", to: "2.15.1" }, context);
        const images = hops[0]?.changes.filter(({ sentence }) => sentence.includes("image.repository")) ?? [];
        // Of nine components only: the tenth has an image of the user's.
        assert.equal(images.length, 1);
    });

    const unknown: readonly (readonly [what: string, options: Options, RegExp])[] = [
        ["--from", { from: "2.3.0" }, /^--from: Harbor 2\.3\.0 is not in the catalogue$/],
        ["--to", { from: "2.14.4", to: "9.9.9" }, /^--to: Harbor 9\.9\.9 is not in the catalogue$/],
        ["--to", { from: "2.14.4", to: "newest" }, /^--to: Harbor newest is not in the catalogue$/],
    ];
    for (const [what, options, message] of unknown) {
        it(`refuses ${what} ${JSON.stringify(options)} as wrong use, and names the versions that it knows`, async () => {
            const error = await refusal(options, outside);
            assert.equal(error.exitCode, ExitCode.usage);
            assert.match(error.message, message);
            assert.match(error.details.join(), /2\.12\.0 to 2\.12\.4, 2\.13\.0 to 2\.13\.5/);
        });
    }

    it("refuses an installed version that it does not know, and a stack that is not up", async () => {
        assert.match(
            (await refusal({}, outside, installed("2.15.99"))).message,
            /^stack prod: Harbor 2\.15\.99 is not/,
        );
        assert.match((await refusal({}, outside, {})).message, /^stack \w+ is not up$/);
        assert.match((await refusal({ stack: "nowhere" }, outside)).message, /there is no stack "nowhere"/);
    });

    const refused: readonly (readonly [what: string, options: Options, settings: Raw, RegExp])[] = [
        ["a downgrade", { from: "2.15.2", to: "2.14.4" }, outside, /2\.14\.4 is older than 2\.15\.2/],
        [
            "the rewriting of an internal database",
            { from: "2.15.1", to: "2.15.2" },
            inside,
            /2\.15\.1 to 2\.15\.2 rewrites the internal database from PostgreSQL 15 to 18.*--accept-engine-change/,
        ],
        [
            "settings that a Harbor on the way does not take",
            { from: "2.11.2", to: "2.13.5" },
            { ...outside, scanning: { databaseMirrors: ["mirror.example.com/trivy-db"] } },
            /^Pulumi\.prod\.yaml with Harbor 2\.13\.5: .*scanning\.databaseMirrors/,
        ],
    ];
    for (const [what, options, settings, sentence] of refused) {
        it(`refuses ${what} with exit code 3`, async () => {
            const error = await refusal(options, settings);
            assert.equal(error.exitCode, ExitCode.refused);
            assert.equal(error.details.length, 1, error.details.join("\n"));
            assert.match(error.details[0] ?? "", sentence);
        });
    }

    it("lets an internal database be rewritten where somebody agreed, and where it is elsewhere", async () => {
        const agreed = { ...stack, from: "2.15.1", to: "2.15.2", acceptEngineChange: true };
        const { context, text } = await world(inside);
        await upgradePlan(agreed, context);
        assert.match(text(), /rewritten from PostgreSQL 15 to 18, one way\n/);
        const inner = await world(inside);
        await upgradePlan({ ...stack, from: "2.14.4", to: "2.15.1" }, inner.context);
        assert.match(inner.text(), /schema 171 → 180, one way, by core at its start\n/);
        assert.match(text(), /pulls {7}fail for 10 s at least\n {14}the registry's volume is ReadWriteOnce: /);
        const moved = await world(inside, installed("2.15.1", { database: externalDatabase }));
        await upgradePlan({ ...stack, to: "2.15.2" }, moved.context);
    });

    it("looks at the cluster's Kubernetes, and goes on where that does not answer", async () => {
        const says =
            (version: string): Exec =>
            () =>
                Promise.resolve({ stdout: JSON.stringify({ serverVersion: { gitVersion: version } }), stderr: "" });
        const warned = await world(outside, installed("2.13.5"), says("v1.36.1"));
        await upgradePlan({ ...stack, to: "2.14.4" }, warned.context);
        assert.match(
            warned.text(),
            /warning the cluster is Kubernetes 1\.36, and Harbor 2\.14\.4 was tested .* on 1\.32 to 1\.34/,
        );
        const old = await world(outside, installed("2.13.5"), says("v1.18.9"));
        await assert.rejects(upgradePlan({ ...stack, to: "2.14.4" }, old.context), (error) => {
            assert.match(
                (error as UserError).details.join(),
                /Kubernetes 1\.18, and the chart of Harbor 2\.14\.4 needs 1\.20/,
            );
            return true;
        });
        const silent = await world(outside, installed("2.13.5"));
        await upgradePlan({ ...stack, to: "2.14.4" }, silent.context);
        assert.doesNotMatch(silent.text(), /Kubernetes 1/);
    });

    it("says what is backed up, and that nothing is where there is no backup", async () => {
        const backupOf = async (settings: Raw): Promise<readonly string[]> => {
            const { context } = await world(settings);
            return (await planStackUpgrade({ ...stack, from: "2.14.4" }, context)).backup;
        };
        assert.match(
            (await backupOf(outside)).join(),
            /^nothing, for backup\.kind is none: .*npx anchorage up --stack prod$/,
        );
        const location = { kind: "s3", bucket: "sets", region: "eu-central-1", existingSecret: "keys" };
        const kept = await backupOf({ ...outside, backup: { kind: "velero", location } });
        assert.deepEqual(
            kept.map((sentence) => sentence.split(/[:,]/)[0]),
            ["the database (external)", "the registry's Kubernetes objects", "the images are not copied"],
        );
    });
});
