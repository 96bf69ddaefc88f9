import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { OpenedClient } from "../../harbor/client/client";
import { smallImage } from "../../harbor/registry/image";
import { RegistryClient } from "../../harbor/registry/registry-client";
import { resetLab } from "../../lab/lab";
import { exec, ExecFailure } from "../../lib/exec";
import { projectRoot, type LabEndpoints } from "../../lib/home";
import { readLabEndpoints } from "../../lib/lab-endpoints";
import { waitFor } from "../../lib/wait";
import { labTimeout, testBinaries } from "../support/lab";
import { labProject } from "../support/lab-project";
import { openLabRegistry, requireUpgraded } from "../support/lab-registry";
import { labSql } from "../support/lab-sql";

const name = "upgrade";
const cli = path.join(projectRoot, "bin/anchorage.js");
const settings = `config:
  anchorage:cluster: { kind: lab, name: ${name} }
  anchorage:charts: { source: contract }
  anchorage:storage: { kind: s3, bucket: harbor-registry, forceDestroy: true }
  anchorage:harbor: { version: 2.12.2 } # follows upgrades
  anchorage:backup: { kind: velero, location: { kind: s3, bucket: velero, forceDestroy: true }, validationFrequency: 5s }
`;

/** The command as it is typed, from Harbor 2.12.2 on, with each version's own chart and a schema that moves. */
describe("upgrade in a lab", function () {
    this.timeout(10 * 60_000);

    let project: string;
    let lab: LabEndpoints;
    let opened: OpenedClient;
    let registry: RegistryClient;
    const digests: string[] = [];

    const env = (): Record<string, string> => ({ ANCHORAGE_PROJECT: project });
    const flags = ["--stack", name, "--engine", "rehearsal", "--yes"];
    const run = ["upgrade", "run", ...flags, "--accept-engine-change", "--wait", "120"];
    const anchorage = (...args: string[]): Promise<{ stdout: string }> =>
        exec(process.execPath, [cli, ...args], { env: env() });
    /** Its exit code, and all that it said. */
    const failing = async (...args: string[]): Promise<{ code: number | undefined; text: string }> => {
        try {
            await anchorage(...args);
        } catch (error) {
            assert.ok(error instanceof ExecFailure);
            return { code: error.exitCode, text: error.stdout + error.stderr };
        }
        return assert.fail(`${args.join(" ")} succeeded`);
    };
    /** Whether the record of the upgrade says that the release is being changed: before, another run may begin. */
    const isChanging = async (): Promise<boolean> => {
        const args = ["--kubeconfig", lab.kubeconfig, "-n", "harbor", "get", "configmap", "anchorage-upgrade"];
        return (await exec(lab.tools.kubectl, [...args, "-o", "yaml"])).stdout.includes('"state":"changing"');
    };
    /** Kills the command while it installs a release. */
    const killInstalling = async (version: string, ...args: string[]): Promise<void> => {
        const step = `install Harbor ${version}`;
        const child = spawn(process.execPath, [cli, ...args], { env: { ...process.env, ...env() } });
        let text = "";
        const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
        for (const stream of [child.stdout, child.stderr])
            stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
        await waitFor(
            async () => {
                assert.equal(child.exitCode, null, `ended before "${step}":\n${text}`);
                return text.includes(`… ${step}`) && (await isChanging()) ? true : undefined;
            },
            { what: step, timeoutMs: 180_000, intervalMs: 20 },
        );
        child.kill("SIGKILL");
        await ended;
    };
    const sql = <T extends object>(statement: string): Promise<T[]> => labSql(name, statement);
    const schema = async (): Promise<unknown> => sql("SELECT version::int, dirty FROM schema_migrations");
    const requireHarbor = async (version: string): Promise<void> => {
        await requireUpgraded({ opened, registry }, version, digests);
        assert.match(await readFile(path.join(project, `Pulumi.${name}.yaml`), "utf8"), new RegExp(`${version} }`));
    };

    before(async function () {
        this.timeout(labTimeout);
        project = await labProject("upgrade");
        await writeFile(path.join(project, `Pulumi.${name}.yaml`), settings);
        await anchorage("lab", "start", "--name", name);
        await anchorage("up", ...flags);
        lab = await readLabEndpoints(name);
        ({ opened, registry } = await openLabRegistry(lab));
        for (const text of ["one", "two"]) digests.push(await registry.push("library/app", text, smallImage(text)));
    });
    after(async () => {
        await opened.close();
        await registry.close();
        await resetLab({ name, binaries: await testBinaries(), exec });
        await rm(project, { recursive: true });
    });

    it("rolls a hop back whose migration fails: the old version with the old database", async () => {
        assert.deepEqual(await schema(), [{ version: 150, dirty: false }]);
        await sql("ALTER TABLE replication_policy ADD COLUMN since_2_14 text");
        const { code, text } = await failing(...run);
        assert.equal(code, 1, text);
        assert.match(text, /Harbor 2\.14\.4 failed, and 2\.12\.2 is back, with the database as it was/);
        assert.match(text, /migration 170 failed|Dirty database version 170/);
        assert.deepEqual(await schema(), [{ version: 150, dirty: false }]);
        await requireHarbor("2.12.2");
    });

    it("goes over every hop, also when it is killed in the middle of one: resume brings it to its end", async () => {
        await sql("ALTER TABLE replication_policy DROP COLUMN since_2_14");
        await killInstalling("2.14.4", ...run, "--max-backup-age", "10");
        const { code, text } = await failing(...run);
        assert.equal(code, 3, text);
        assert.match(text, /under way: 2\.12\.2 to 2\.14\.4.*upgrade resume.*upgrade rollback/s);
        const { stdout } = await anchorage("upgrade", "resume", ...flags, "--wait", "120", "--json");
        const last = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as {
            version: string;
            report: { html: string };
            hops: { state: string; measured?: { pulls: { seconds: number }; pushes: { seconds: number } } }[];
        };
        assert.equal(last.version, "2.15.2");
        assert.deepEqual(
            last.hops.map(({ state }) => state),
            ["upgraded", "upgraded"],
        );
        assert.ok((last.hops[1]?.measured?.pushes.seconds ?? 0) > 0, "pushes are refused while Harbor is read-only");
        assert.match(await readFile(last.report.html, "utf8"), /pulls failed for [\d.]+ s.*upgrade rollback/s);
        assert.deepEqual(await schema(), [{ version: 180, dirty: false }]);
        await requireHarbor("2.15.2");
    });
});
