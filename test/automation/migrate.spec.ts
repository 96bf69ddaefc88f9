import assert from "node:assert/strict";
import { compareImages } from "../../automation/migrate/compare";
import { migrationRefusals, type MigrationFacts } from "../../automation/migrate/checks";
import { beside, mapClasses, parseClassMap } from "../../automation/migrate/storage-classes";
import { movedObjects } from "../../automation/restore/modifiers";
import type { StackOutputs } from "../../config/contract";
import type { HarborClient } from "../../harbor/client/client";
import { ExitCode, UserError } from "../../lib/errors";
import { sampleOutputs } from "../support/fakes";

describe("what a migration into another cluster refuses", () => {
    const key = { secretName: "s", secretKey: "k" };
    const bucket = (name: string, endpoint = "http://s3"): StackOutputs["storage"] => ({
        ...{ kind: "s3", bucket: name, endpoint, region: "us-east-1", pathStyle: true },
        ...{ accessKey: key, secretKey: key },
    });
    const source: StackOutputs = { ...sampleOutputs, storage: bucket("old") };
    const target: StackOutputs = { ...sampleOutputs, storage: bucket("new") };
    const good: MigrationFacts = {
        ...{ source, target, same: false, shared: true, sameKey: true, artifacts: 0, volumes: "none" },
        classes: { mapping: {}, problems: [] },
    };
    const names = { from: "old", to: "new" };
    const older = { ...target, release: { ...target.release, harborVersion: "2.14.4" } };
    const newer = { ...target, release: { ...target.release, harborVersion: "2.16.0" } };
    const database = (host: string): StackOutputs["database"] => ({
        ...{
            kind: "external",
            host,
            port: 5432,
            database: "registry",
            user: "harbor",
            sslmode: "require",
            password: key,
        },
    });
    const record = { source: "old", set: "move-1" };

    const cases: readonly {
        title: string;
        refused: Partial<MigrationFacts>;
        because: RegExp;
        allowed: Partial<MigrationFacts>;
    }[] = [
        {
            title: "the same registry",
            refused: { same: true },
            because: /^stack new is stack old/,
            allowed: { same: false },
        },
        {
            title: "a bucket that only one of them sees",
            refused: { shared: false },
            because: /^the two stacks do not share their backup bucket: set backup\.location of stack new/,
            allowed: { shared: true },
        },
        {
            title: "another key",
            refused: { sameKey: false },
            because: /^stack new has another encryption key.* as harbor\.encryptionKey/,
            allowed: { sameKey: true },
        },
        {
            title: "an older Harbor",
            refused: { target: older },
            because: /^Harbor is 2\.14\.4 in stack new and 2\.15\.2 in old: its database does not go back/,
            allowed: { target: newer },
        },
        {
            title: "one bucket for the images of both",
            refused: { target: { ...target, storage: bucket("old") } },
            because: /^both registries keep their images in bucket old/,
            allowed: { target: { ...target, storage: bucket("old", "http://other") } },
        },
        {
            title: "one database",
            refused: {
                source: { ...source, database: database("db") },
                target: { ...target, database: database("db") },
            },
            because: /^both registries have database registry on db/,
            allowed: {
                source: { ...source, database: database("db") },
                target: { ...target, database: database("db2") },
            },
        },
        {
            title: "a bucket into a volume",
            refused: { target: { ...target, storage: { kind: "volume" } } },
            because: /^the images of stack old are in a bucket, and those of stack new are not/,
            allowed: {},
        },
        {
            title: "images in snapshots of volumes",
            refused: { source: { ...source, storage: { kind: "volume" } }, volumes: "snapshots" },
            because: /its snapshots stay in the source's storage/,
            allowed: { source: { ...source, storage: { kind: "volume" } }, volumes: "files" },
        },
        {
            title: "a target with images",
            refused: { artifacts: 3 },
            because: /^stack new has 3 images already, which would be lost: --overwrite/,
            allowed: { artifacts: 3, record },
        },
        {
            title: "another migration that came to no end",
            refused: { record: { ...record, source: "older" } },
            because: /^a migration of stack older into stack new came to no end/,
            allowed: { record },
        },
        {
            title: "a location that cannot be used",
            refused: { location: "403" },
            because: /^Velero of stack new cannot use the bucket: 403/,
            allowed: {},
        },
        {
            title: "StorageClasses that become nothing",
            refused: { classes: { mapping: {}, problems: ["StorageClass fast of the source is not in the target"] } },
            because: /^StorageClass fast/,
            allowed: { classes: { mapping: { fast: "standard" }, problems: [] } },
        },
    ];
    for (const { title, refused, because, allowed } of cases) {
        it(`is ${title}; its neighbour goes`, () => {
            const reasons = migrationRefusals({ ...good, ...refused }, names);
            assert.equal(reasons.length, 1, reasons.join("\n"));
            assert.match(reasons[0] ?? "", because);
            assert.deepEqual(migrationRefusals({ ...good, ...allowed }, names), []);
        });
    }
});

describe("StorageClasses of a migration", () => {
    const target = { names: ["standard", "fast-ssd"], fallback: "standard" };

    it("that the target has stay; others become its default one, or the given one", () => {
        assert.deepEqual(mapClasses(["standard", "gp3", "gp3", "io2"], target, { io2: "fast-ssd" }), {
            mapping: { io2: "fast-ssd", gp3: "standard" },
            problems: [],
        });
    });

    it("are refused without a class to go to", () => {
        const { problems } = mapClasses(["gp3"], { names: ["fast-ssd"] }, {});
        assert.match(problems.join(), /has no default one: set --storage-class gp3=NEW, one of fast-ssd/);
        assert.match(mapClasses([], target, { gp3: "none" }).problems.join(), /the target has no StorageClass none/);
    });

    it("are left to a ConfigMap that is there, which Velero takes one of", () => {
        const wanted = { gp3: "standard" };
        assert.deepEqual(beside(wanted, undefined), { mapping: wanted, problems: [] });
        assert.deepEqual(beside(wanted, { name: "theirs", data: wanted }), { mapping: {}, problems: [] });
        const { mapping, problems } = beside(wanted, { name: "theirs", data: { gp3: "fast-ssd" } });
        assert.deepEqual(mapping, {});
        assert.match(problems.join(), /ConfigMap theirs .* does not turn StorageClass gp3 into standard/);
    });

    it("are given in pairs", () => {
        assert.deepEqual(parseClassMap(["a=b", "c=d"]), { a: "b", c: "d" });
        for (const wrong of ["a", "a=", "=b", "a=b=c"]) {
            assert.throws(
                () => parseClassMap([wrong]),
                (error) => error instanceof UserError && error.exitCode === ExitCode.usage,
                wrong,
            );
        }
    });
});

describe("objects that move into another cluster", () => {
    it("never take the place of the target's own, nor of its release's record, addresses and volumes", () => {
        const { existing, selector, excludedResources } = movedObjects("harbor", "none");
        assert.equal(existing, "none");
        assert.ok(JSON.stringify(selector).includes('{"key":"owner","operator":"NotIn","values":["helm"]}'));
        for (const kind of [
            "persistentvolumes",
            "ingresses.networking.k8s.io",
            "clusters.postgresql.cnpg.io",
            "pods",
        ]) {
            assert.ok(excludedResources.includes(kind), kind);
        }
    });

    it("come with their pods where files of volumes go through them", () => {
        assert.ok(!movedObjects("harbor", "files").excludedResources.includes("pods"));
    });
});

describe("images on both sides of a migration", () => {
    type Pushed = Readonly<
        Record<string, { readonly pushed: string; readonly tags?: Readonly<Record<string, string>> }>
    >;

    const before = "2026-11-23T10:00:00Z";
    const after = "2026-11-23T12:00:00Z";
    const movedAt = Date.parse("2026-11-23T11:00:00Z");

    function harbor(repositories: Readonly<Record<string, Pushed>>): HarborClient {
        // oxlint-disable-next-line typescript/require-await -- as the client's lists
        async function* names(): AsyncIterable<{ name: string }> {
            for (const name of Object.keys(repositories)) yield { name };
        }
        // oxlint-disable-next-line typescript/require-await -- as above
        async function* artifacts(of: Pushed): AsyncIterable<object> {
            for (const [digest, { pushed, tags = {} }] of Object.entries(of)) {
                const all = Object.entries(tags).map(([name, push_time]) => ({ name, push_time }));
                yield { digest, push_time: pushed, tags: all };
            }
        }
        return {
            repositories: { listAll: names },
            artifacts: {
                list: ({ project, repository }: { project: string; repository: string }) =>
                    artifacts(repositories[`${project}/${repository}`] ?? {}),
            },
        } as unknown as HarborClient;
    }

    const source = harbor({
        "library/app": {
            "sha256:a": { pushed: before, tags: { v1: before, latest: after } },
            "sha256:b": { pushed: before },
            "sha256:c": { pushed: after, tags: { v3: after } },
        },
    });

    it("are compared by digest and tag; what is later than the backup is told apart from what is lost", async () => {
        const target = harbor({ "library/app": { "sha256:a": { pushed: before, tags: { v1: before } } } });
        assert.deepEqual(await compareImages(source, target, movedAt, {}), {
            images: 3,
            missing: ["library/app@sha256:b"],
            later: ["library/app@sha256:a (latest)", "library/app@sha256:c (v3)"],
        });
    });

    it("are all missed where the target has no such repository", async () => {
        const { missing } = await compareImages(source, harbor({}), movedAt, {});
        assert.deepEqual(missing, ["library/app@sha256:a (v1, latest)", "library/app@sha256:b"]);
    });
});
