import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { resetLab } from "../../lab/lab";
import { exec } from "../../lib/exec";
import { projectRoot, type LabEndpoints } from "../../lib/home";
import { readLabEndpoints } from "../../lib/lab-endpoints";
import { labTimeout, testBinaries } from "../support/lab";
import { labProject, settingsWithBackup } from "../support/lab-project";
import { labSql } from "../support/lab-sql";

const name = "release";
const cli = path.join(projectRoot, "bin/anchorage.js");
const settings = (harbor: string): string => settingsWithBackup(name, `{ ${harbor} }`);

interface Event {
    readonly kind: string;
    readonly phase?: string;
    readonly title?: string;
    readonly detail?: string;
    readonly released?: boolean;
    readonly message?: string;
    readonly details?: readonly string[];
    readonly exitCode?: number;
    readonly steps?: readonly { readonly id: string; readonly state: string; readonly detail?: string }[];
    readonly report?: { readonly html: string };
}

interface Run {
    /** null: killed. */
    readonly code: number | null;
    readonly events: readonly Event[];
    readonly result: Event | undefined;
    readonly error: Event | undefined;
    /** `backup done`, ... */
    readonly steps: readonly string[];
}

/** The command as a pipeline types it, on a fresh checkout each time. */
describe("release in a lab", function () {
    this.timeout(10 * 60_000);

    let project: string;
    let lab: LabEndpoints;
    const file = (): string => path.join(project, `Pulumi.${name}.yaml`);

    /** @param seen is called with each event, while the process runs @param more flags */
    const release = async (
        harbor: string,
        seen: (event: Event, child: ChildProcess) => void = () => undefined,
        more: readonly string[] = [],
    ): Promise<Run> => {
        await writeFile(file(), settings(harbor));
        return run("release", ["--wait", "180", "--report", path.join(project, "out"), ...more], seen);
    };
    const run = async (
        verb: string,
        flags: readonly string[],
        seen: (event: Event, child: ChildProcess) => void = () => undefined,
    ): Promise<Run> => {
        const args = [verb, "--stack", name, "--engine", "rehearsal", "--yes", "--json", ...flags];
        const child = spawn(process.execPath, [cli, ...args], {
            env: { ...process.env, ANCHORAGE_PROJECT: project },
            stdio: ["ignore", "pipe", "inherit"],
        });
        const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
        const events: Event[] = [];
        for await (const line of createInterface(child.stdout)) {
            const event = JSON.parse(line) as Event;
            events.push(event);
            seen(event, child);
        }
        const code = await ended;
        const found = (kind: string): Event | undefined => events.findLast((event) => event.kind === kind);
        const result = found("result");
        const steps = (result?.steps ?? []).map(({ id, state }) => `${id} ${state}`);
        return { code, events, result, error: found("error"), steps };
    };
    const within =
        (title: string, detail: RegExp) =>
        (event: Event): boolean =>
            event.kind === "step" &&
            event.phase === "progress" &&
            event.title === title &&
            detail.test(event.detail ?? "");
    const killed = async (
        harbor: string,
        title: string,
        detail: RegExp,
        more: readonly string[] = [],
    ): Promise<void> => {
        const isThere = within(title, detail);
        const kill = (event: Event, child: ChildProcess): void => {
            if (isThere(event)) child.kill("SIGKILL");
        };
        const { code, events } = await release(harbor, kill, more);
        const last = JSON.stringify(events.slice(-5));
        assert.equal(code, null, `it ended before ${title}, ${String(detail)}: ${last}`);
    };
    const shown = (run: Run): string => JSON.stringify([run.error, run.result], undefined, 1);
    const record = async (): Promise<{ good: { harbor: string; settings: string }; back?: object }> => {
        const args = [
            "--kubeconfig",
            lab.kubeconfig,
            "-n",
            "harbor",
            "get",
            "secret",
            "anchorage-release",
            "-o",
            "json",
        ];
        const { data } = JSON.parse((await exec(lab.tools.kubectl, args)).stdout) as { data: Record<string, string> };
        const text = Buffer.from(data["release.json"] ?? "", "base64").toString();
        return JSON.parse(text) as { good: { harbor: string; settings: string } };
    };

    before(async function () {
        this.timeout(labTimeout);
        project = await labProject("release");
        await exec(process.execPath, [cli, "lab", "start", "--name", name]);
        lab = await readLabEndpoints(name);
    });
    after(async () => {
        await resetLab({ name, binaries: await testBinaries(), exec });
        await rm(project, { recursive: true });
    });

    it("makes a new stack, also where the run before was killed in the midst of it", async () => {
        await killed("version: 2.12.2", "bring the settings up", /./);
        const run = await release("version: 2.12.2");
        assert.equal(run.code, 0, shown(run));
        assert.ok(run.steps.includes("verify done"), run.steps.join());
        assert.equal((await record()).good.harbor, "2.12.2");
    });

    it("keeps a second one and what changes all of the stack away while it is at work, and no longer", async () => {
        const harbor = "version: 2.12.2";
        const others: Promise<Run>[] = [];
        await release(harbor, (event, child) => {
            if (event.title !== "see what is ahead" || others.length > 0) return;
            // Stopped, it is as one that takes long.
            child.kill("SIGSTOP");
            others.push(
                release(harbor, undefined, ["--lock-timeout", "1"]),
                run("up", []),
                run("destroy", ["--unprotect"]),
            );
            void Promise.allSettled(others).finally(() => child.kill("SIGKILL"));
        });
        assert.equal(others.length, 3, "it saw nothing ahead");
        for (const refused of await Promise.all(others)) {
            assert.equal(refused.code, 3, shown(refused));
            assert.match(
                refused.error?.message ?? "",
                /another command works on this Harbor: .*, release of stack release,/,
            );
        }
        // Sooner than its Lease ends by itself; an engine that has lost its command may need a moment to end.
        const next = await release(harbor, undefined, ["--lock-timeout", "30"]);
        assert.equal(next.code, 0, shown(next));
    });

    it("puts the last good settings back where new ones do not come up, also where that was killed", async () => {
        const harbor = "version: 2.12.2, values: { core: { nodeSelector: { disk: no-node-has-it } } }";
        const wait = ["--wait", "20"];
        const run = await release(harbor, undefined, wait);
        assert.equal(run.code, 1, shown(run));
        assert.match(run.error?.message ?? "", /\(Harbor 2\.12\.2\) is back, verified/);
        assert.match(JSON.stringify(run.error?.details), /not ready within 20 s/);
        assert.deepEqual(run.steps.slice(-3), ["up failed", "put-back done", "verify-back done"]);
        await killed(harbor, "put the settings of before back", /./, wait);
        const after = await release(harbor, undefined, wait);
        assert.equal(after.code, 1, shown(after));
        assert.match(JSON.stringify(after.error), /\(Harbor 2\.12\.2\) is back, verified/);
        const core = ["-n", "harbor", "get", "deployment", "harbor-core", "-o"];
        const selector = "jsonpath={.spec.template.spec.nodeSelector}";
        const { stdout } = await exec(lab.tools.kubectl, ["--kubeconfig", lab.kubeconfig, ...core, selector]);
        assert.equal(stdout, "");
    });

    it("backs up, brings settings up, and has an upgrade that fails put back, with a report of it all", async () => {
        await labSql(name, "ALTER TABLE replication_policy ADD COLUMN since_2_14 text");
        const harbor = "version: 2.14.4, replicas: { core: 2 }";
        const run = await release(harbor);
        assert.equal(run.code, 1, shown(run));
        assert.match(
            run.error?.message ?? "",
            /Harbor 2\.14\.4 failed, and 2\.12\.2 is back, with the database as it was/,
        );
        assert.deepEqual(run.steps, [
            ...["complete done", "look done", "backup done", "up done", "verify done", "upgrade failed"],
        ]);
        const page = await readFile(run.result?.report?.html ?? "", "utf8");
        for (const text of ["back up", "install Harbor 2.14.4", "is back, with the database as it was"])
            assert.ok(page.includes(text), text);
        const { good, back } = await record();
        assert.deepEqual([good.harbor, back], ["2.12.2", undefined]);
        assert.match(good.settings, /core: 2/);
        // The way back that is cut short is gone to its end by the next run, which does not try the same again.
        await killed(harbor, "upgrade", /restore the database/);
        const after = await release(harbor);
        assert.equal(after.code, 1, shown(after));
        assert.deepEqual(after.steps, ["complete failed"]);
        assert.match(JSON.stringify(after.error), /2\.12\.2 is back/);
        await labSql(name, "ALTER TABLE replication_policy DROP COLUMN since_2_14");
    });

    it("is completed by the run after it, at whatever stage it was killed", async () => {
        const harbor = "version: 2.14.4, replicas: { core: 3 }";
        await killed(harbor, "back up", /database|dump/);
        await killed(harbor, "bring the settings up", /./);
        await killed(harbor, "verify", /push/);
        await killed(harbor, "upgrade", /install Harbor 2\.14\.4/);
        const run = await release(harbor);
        assert.equal(run.code, 0, shown(run));
        // Which of the two depends on whether the kill came before or after the release was being changed.
        assert.match(run.result?.steps?.[0]?.detail ?? "", /was brought to its end|had switched was put back/);
        assert.equal((await record()).good.harbor, "2.14.4");
    });
});
