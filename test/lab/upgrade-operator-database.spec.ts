import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { OpenedClient } from "../../harbor/client/client";
import { smallImage } from "../../harbor/registry/image";
import { RegistryClient } from "../../harbor/registry/registry-client";
import { resetLab } from "../../lab/lab";
import { exec, ExecFailure } from "../../lib/exec";
import { projectRoot, type LabEndpoints } from "../../lib/home";
import { readLabEndpoints } from "../../lib/lab-endpoints";
import { labTimeout, testBinaries } from "../support/lab";
import { labProject, settingsWithBackup } from "../support/lab-project";
import { openLabRegistry, requireUpgraded } from "../support/lab-registry";
import { labSql } from "../support/lab-sql";

const name = "parts";
const cli = path.join(projectRoot, "bin/anchorage.js");
const older = "0.28.2";
const settings = (major: string, operator: string): string => {
    const database = `  anchorage:database: { kind: cloudnative-pg, version: "${major}", instances: 1 } # of the team\n`;
    return settingsWithBackup(name, "{ version: 2.12.2 }", database + operator);
};

interface WithImage {
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
}

interface ReplicaSet {
    readonly metadata: { readonly creationTimestamp: string };
    readonly spec: WithImage;
}

interface MigrationJob {
    readonly spec: WithImage;
    readonly status: { readonly succeeded?: number; readonly completionTime?: string };
}

/** Without its registry, which charts from 2.15 on name: `harbor-core:v2.15.2`. */
const imageOf = ({ template }: WithImage): string => template.spec.containers[0]?.image.split("/").at(-1) ?? "";

/** The commands as they are typed, forward and back: an operator and its PostgreSQL, then Harbor on that database. */
describe("upgrade in a lab, with an operator's database", function () {
    this.timeout(10 * 60_000);

    let project: string;
    let lab: LabEndpoints;
    let opened: OpenedClient;
    let registry: RegistryClient;
    let digest: string;

    const flags = ["--stack", name, "--engine", "rehearsal", "--yes"];
    const file = (): string => path.join(project, `Pulumi.${name}.yaml`);
    const anchorage = async (...args: string[]): Promise<{ code: number; text: string }> => {
        try {
            const { stdout, stderr } = await exec(process.execPath, [cli, ...args], {
                env: { ANCHORAGE_PROJECT: project },
            });
            return { code: 0, text: stdout + stderr };
        } catch (error) {
            assert.ok(error instanceof ExecFailure);
            return { code: error.exitCode ?? -1, text: error.stdout + error.stderr };
        }
    };
    const done = async (...args: string[]): Promise<string> => {
        const { code, text } = await anchorage(...args);
        assert.equal(code, 0, text);
        return text;
    };
    const objects = async <T>(kind: string, component?: string): Promise<T[]> => {
        const args = ["--kubeconfig", lab.kubeconfig, "-n", "harbor", "get", kind, "-o", "json"];
        const selector = component === undefined ? [] : ["-l", `app=harbor,component=${component}`];
        const { stdout } = await exec(lab.tools.kubectl, [...args, ...selector]);
        return (JSON.parse(stdout) as { items: T[] }).items;
    };
    /** When the pods of each version of core came to be, as the API server writes times. */
    const cores = async (): Promise<ReadonlyMap<string | undefined, string>> => {
        const sets = await objects<ReplicaSet>("replicasets", "core");
        return new Map(sets.map(({ metadata, spec }) => [imageOf(spec).split(":v")[1], metadata.creationTimestamp]));
    };
    const migrations = (): Promise<MigrationJob[]> => objects("jobs", "migrator");
    const schema = (): Promise<object[]> => labSql(name, "SELECT version::int, dirty FROM schema_migrations");
    const cluster = async (): Promise<{ uid: string; major: string | undefined }> => {
        interface Cluster {
            readonly metadata: { readonly uid: string };
            readonly spec: { readonly imageName: string };
        }
        const [one] = await objects<Cluster>("clusters.postgresql.cnpg.io");
        assert.ok(one);
        return { uid: one.metadata.uid, major: /:(\d+)\./.exec(one.spec.imageName)?.[1] };
    };
    const operatorChart = async (): Promise<string | undefined> => {
        const args = ["--kubeconfig", lab.kubeconfig, "-n", "cnpg-system", "list", "-o", "json"];
        const releases = JSON.parse((await exec(lab.tools.helm, args)).stdout) as { chart: string }[];
        return releases[0]?.chart;
    };
    const requireHarbor = (version = "2.12.2"): Promise<void> =>
        requireUpgraded({ opened, registry }, version, [digest]);

    before(async function () {
        this.timeout(labTimeout);
        project = await labProject("parts");
        const pinned = `  anchorage:operators: { cloudnative-pg: { version: ${older} } }\n`;
        await writeFile(file(), settings("16", pinned));
        await done("lab", "start", "--name", name);
        await done("up", ...flags);
        lab = await readLabEndpoints(name);
        ({ opened, registry } = await openLabRegistry(lab));
        digest = await registry.push("library/app", "one", smallImage("one"));
    });
    after(async () => {
        await opened.close();
        await registry.close();
        await resetLab({ name, binaries: await testBinaries(), exec });
        await rm(project, { recursive: true });
    });

    it("brings both forward, and back with the old cluster's data", async () => {
        const before = await cluster();
        assert.deepEqual([before.major, await operatorChart()], ["16", `cloudnative-pg-${older}`]);
        await writeFile(file(), settings("17", ""));
        const refused = await anchorage("up", ...flags);
        assert.deepEqual(
            [refused.code, refused.text.includes("PostgreSQL 16 to 17 rewrites")],
            [3, true],
            refused.text,
        );
        await done("upgrade", "parts", ...flags, "--accept-engine-change", "--wait", "120");
        const after = await cluster();
        assert.deepEqual([after.uid === before.uid, after.major], [true, "17"]);
        assert.notEqual(await operatorChart(), `cloudnative-pg-${older}`);
        await requireHarbor();
        assert.match(await done("upgrade", "parts", ...flags, "--plan"), /are what they are to be/);

        const text = await done("upgrade", "rollback", ...flags, "--wait", "120");
        assert.match(text, /PostgreSQL 16, cloudnative-pg 0\.28\.2 is installed and verified/);
        const back = await cluster();
        assert.deepEqual([back.uid === before.uid, back.major], [false, "16"]);
        assert.equal(await operatorChart(), `cloudnative-pg-${older}`);
        await requireHarbor();
        assert.match(await readFile(file(), "utf8"), /version: "16", instances: 1 \} # of the team/);
        assert.match(await done("up", ...flags), /nothing changed/);
    });

    it("leaves the pods as they are where Harbor's migration fails, and puts the old database back under them", async () => {
        await labSql(name, "ALTER TABLE audit_log_ext ADD COLUMN since_2_13 text");
        const { code, text } = await anchorage("upgrade", "run", ...flags, "--to", "2.13", "--wait", "120");
        assert.equal(code, 1, text);
        assert.match(text, /core-job of pod migration-job-\S+ ends again and again.*migration 160 failed/s);
        assert.match(text, /Harbor 2\.13\.5 failed, and 2\.12\.2 is back, with the database as it was/);
        assert.deepEqual([...(await cores()).keys()], ["2.12.2"]);
        // The one that failed is gone; the old version's own found the old database, and nothing to do.
        assert.deepEqual(
            (await migrations()).map(({ spec, status }) => [imageOf(spec), status.succeeded]),
            [["harbor-core:v2.12.2", 1]],
        );
        assert.deepEqual(await schema(), [{ version: 150, dirty: false }]);
        await requireHarbor();
        await labSql(name, "ALTER TABLE audit_log_ext DROP COLUMN since_2_13");
    });

    const minors = [
        ["2.13.5", 160],
        ["2.14.4", 171],
        ["2.15.2", 180],
    ] as const;
    for (const [version, newest] of minors) {
        it(`goes to ${version} on that version's chart: the schema first, then the pods`, async () => {
            await done("upgrade", "run", ...flags, "--to", version.slice(0, 4), "--wait", "120");
            const [job, ...others] = await migrations();
            assert.deepEqual(others, []);
            assert.ok(job);
            assert.deepEqual([imageOf(job.spec), job.status.succeeded], [`harbor-core:v${version}`, 1]);
            assert.ok((job.status.completionTime ?? "") <= ((await cores()).get(version) ?? ""));
            assert.deepEqual(await schema(), [{ version: newest, dirty: false }]);
            await requireHarbor(version);
        });
    }

    it("goes back to an older Harbor: its database is there before its own migration looks at it", async () => {
        const text = await done("upgrade", "rollback", ...flags, "--wait", "120");
        assert.match(text, /Harbor 2\.14\.4 is installed and verified/);
        assert.deepEqual(await schema(), [{ version: 171, dirty: false }]);
        await requireHarbor("2.14.4");
        assert.match(await done("up", ...flags), /nothing changed/);
    });
});
