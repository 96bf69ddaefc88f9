import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
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

const name = "upgrade";
const cli = path.join(projectRoot, "bin/anchorage.js");
const settings = settingsWithBackup(name, "{ version: 2.12.2 } # follows upgrades");

/** The step before each of these only looks: a kill here finds what a kill there has found. */
const likeTheOneBefore = [
    ...["each hop's chart can be read, and takes the settings", "Velero can write backups", "the database has room"],
    ...["compare the version everywhere", "compare the counts", "pull images by their digest"],
];

interface Event {
    readonly kind: string;
    readonly phase?: string;
    readonly title?: string;
    readonly version?: string;
    readonly report?: { readonly html: string };
    readonly hops?: readonly {
        readonly state: string;
        readonly measured?: { readonly pushes: { readonly seconds: number } };
    }[];
}

interface Run {
    readonly code: number | null;
    /** Title of the step; undefined: it came to its end. */
    readonly killedAt: string | undefined;
    readonly last: Event | undefined;
}

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
    const waiting = [...flags, "--wait", "120"];
    const run = ["upgrade", "run", ...waiting, "--accept-engine-change"];
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
    /** Runs it until the first step that is not among those; kills it there. */
    const killedAtNewStep = async (args: readonly string[], before: Set<string>): Promise<Run> => {
        const child = spawn(process.execPath, [cli, ...args, "--json"], {
            env: { ...process.env, ...env() },
            stdio: ["ignore", "pipe", "inherit"],
        });
        const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
        let killedAt: string | undefined;
        let last: Event | undefined;
        for await (const line of createInterface(child.stdout)) {
            last = JSON.parse(line) as Event;
            const { kind, phase, title } = last;
            if (kind !== "step" || phase !== "started" || title === undefined || before.has(title)) continue;
            before.add(title);
            killedAt ??= title;
            child.kill("SIGKILL");
        }
        return { code: await ended, killedAt, last };
    };
    /**
     * Kills the command at the begin of each of its steps in turn that may find something changed, having the next one go on,
     * until one comes to its end.
     * @param seen is called after each kill @returns the titles of the steps
     */
    const killedAtEachStep = async (
        first: readonly string[],
        again: readonly string[],
        seen: (title: string) => Promise<void> = () => Promise.resolve(),
    ): Promise<readonly string[]> => {
        const before = new Set<string>(likeTheOneBefore);
        let args = first;
        for (;;) {
            const { code, killedAt, last } = await killedAtNewStep(args, before);
            if (killedAt === undefined) {
                assert.equal(code, 0, JSON.stringify(last));
                // Nothing was on record yet where the first one was killed early.
                if (args !== first && last?.hops?.length === 0) args = first;
                else return [...before];
            } else {
                args = again;
                await seen(killedAt);
            }
        }
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

    it("comes to its end though it is killed at every step of a hop: resume goes on", async () => {
        await sql("ALTER TABLE replication_policy DROP COLUMN since_2_14");
        const first = [...run, "--to", "2.14.4"];
        const steps = await killedAtEachStep(first, ["upgrade", "resume", ...waiting], async (title) => {
            // The first step after that which changes the release: before, another run may begin.
            if (title !== "wait for Harbor's pods") return;
            const { code, text } = await failing(...run);
            assert.equal(code, 3, text);
            assert.match(text, /under way: 2\.12\.2 to 2\.14\.4.*upgrade resume.*upgrade rollback/s);
        });
        for (const title of [
            "have a verified backup",
            "make Harbor read-only",
            "install Harbor 2.14.4",
            "let Harbor go on",
        ])
            assert.ok(steps.includes(title), steps.join(", "));
        assert.deepEqual(await schema(), [{ version: 171, dirty: false }]);
        await requireHarbor("2.14.4");
    });

    it("goes over a hop, and says how long pulls and pushes failed", async () => {
        const { stdout } = await anchorage(...run, "--json");
        const last = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Event;
        const [hop, ...others] = last.hops ?? [];
        assert.deepEqual([last.version, hop?.state, others], ["2.15.2", "upgraded", []]);
        assert.ok((hop?.measured?.pushes.seconds ?? 0) > 0, "pushes are refused while Harbor is read-only");
        assert.match(await readFile(last.report?.html ?? "", "utf8"), /pulls failed for [\d.]+ s.*upgrade rollback/s);
        assert.deepEqual(await schema(), [{ version: 180, dirty: false }]);
        await requireHarbor("2.15.2");
    });

    it("is back though its rollback is killed at every step: the next one goes on", async () => {
        const rollback = ["upgrade", "rollback", ...waiting];
        const steps = await killedAtEachStep(rollback, rollback);
        for (const title of ["restore the database", "install Harbor 2.14.4", "let Harbor go on"])
            assert.ok(steps.includes(title), steps.join(", "));
        assert.deepEqual(await schema(), [{ version: 171, dirty: false }]);
        await requireHarbor("2.14.4");
    });
});
