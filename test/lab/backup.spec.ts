import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { CompleteManifest } from "../../automation/backup/manifest";
import { openObjectStore } from "../../automation/objects/store";
import { pullImages } from "../../automation/restore/samples";
import type { OpenedClient } from "../../harbor/client/client";
import { isHarborError } from "../../harbor/client/errors";
import { parseRepositoryName } from "../../harbor/client/repositories";
import { smallImage } from "../../harbor/registry/image";
import { RegistryClient } from "../../harbor/registry/registry-client";
import { resetLab } from "../../lab/lab";
import { labLayout } from "../../lab/layout";
import { logTail } from "../../lab/log-tail";
import { exec, ExecFailure } from "../../lib/exec";
import { projectRoot, type LabEndpoints } from "../../lib/home";
import { readLabEndpoints } from "../../lib/lab-endpoints";
import { waitFor } from "../../lib/wait";
import { labTimeout, testBinaries } from "../support/lab";
import { openLabRegistry } from "../support/lab-registry";
import { keysOf } from "../support/object-stores";

const name = "sets";
const stack = ["--stack", "lab-backup", "--lab", name, "--engine", "rehearsal"];
const cli = path.join(projectRoot, "bin/anchorage.js");

/** The command as it is typed, on a lab with the real Velero, S3, PostgreSQL and registry. */
describe("backup in a lab", function () {
    this.timeout(10 * 60_000);

    let lab: LabEndpoints;
    let opened: OpenedClient;
    let registry: RegistryClient;
    const pushed: { readonly digest: string; readonly endedAt: number }[] = [];

    const anchorage = (...args: string[]): Promise<{ stdout: string }> =>
        exec(process.execPath, [cli, ...args, ...stack]);
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
    const requireWritable = async (when: string): Promise<void> => {
        assert.equal((await opened.client.system.info()).read_only, false, when);
        const queues = await opened.client.jobservice.queues();
        assert.deepEqual(
            queues.filter(({ paused }) => paused),
            [],
            when,
        );
    };
    const sets = async (): Promise<readonly { name: string; state: string }[]> => {
        const { stdout } = await anchorage("backup", "list", "--json");
        const last = stdout.trim().split("\n").at(-1) ?? "";
        return (JSON.parse(last) as { sets: readonly { name: string; state: string }[] }).sets;
    };
    const manifestOf = async (set: string): Promise<CompleteManifest> => {
        const { stdout } = await anchorage("backup", "show", set, "--json");
        const last = stdout.trim().split("\n").at(-1) ?? "";
        return (JSON.parse(last) as { manifest: CompleteManifest }).manifest;
    };
    interface Begun {
        /** Waits until it is at a step, or past it. */
        readonly reached: (step: string) => Promise<void>;
        readonly kill: () => Promise<void>;
    }
    const begin = (set: string): Begun => beginVerb("backup", "--name", set);
    const beginVerb = (...args: readonly string[]): Begun => {
        const child = spawn(process.execPath, [cli, ...args, ...stack]);
        let text = "";
        let running = true;
        const ended = new Promise<void>((resolve) => {
            child.once("close", () => {
                running = false;
                resolve();
            });
        });
        for (const stream of [child.stdout, child.stderr])
            stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
        return {
            reached: async (step) => {
                await waitFor(
                    () => {
                        assert.ok(running, `ended before "${step}":\n${text}`);
                        return text.includes(`… ${step}`) ? true : undefined;
                    },
                    { what: step, timeoutMs: 180_000, intervalMs: 20 },
                );
            },
            kill: async () => {
                child.kill("SIGKILL");
                await ended;
            },
        };
    };

    before(async function () {
        this.timeout(labTimeout);
        await anchorage("up", "--yes");
        lab = await readLabEndpoints(name);
        ({ opened, registry } = await openLabRegistry(lab));
    });
    after(async () => {
        await opened.close();
        await registry.close();
        await resetLab({ name, binaries: await testBinaries(), exec });
    });

    it("holds every image whose push had ended before its quiet window, while others are pushed", async () => {
        const push = async (tag: string): Promise<void> => {
            const digest = await registry.push("library/app", tag, smallImage(`image ${tag}\n`));
            pushed.push({ digest, endedAt: Date.now() });
        };
        let troubles = 0;
        const troubled = (error: unknown): void => {
            const { harborLog, registryLog } = labLayout(name);
            const log = [harborLog, registryLog].flatMap((file) => logTail(file)).join("\n");
            if (!isHarborError(error, "server") || (troubles += 1) > 3) throw new Error(log, { cause: error });
            console.log(`a push is tried again: ${String(error)}\n${log}`);
        };
        const pusher = async (client: number): Promise<void> => {
            for (let n = 0; n < 25;) {
                try {
                    await push(`c${String(client)}-${String(n)}`);
                    n++;
                } catch (error) {
                    // The quiet window; or, seen once in dozens of runs, an error of the registry's own: a client tries again.
                    if (!/read.only/i.test(String(error))) troubled(error);
                    await delay(200);
                }
            }
        };
        await push("first");
        const pushers = [1, 2, 3, 4].map(pusher);
        await anchorage("backup", "--name", "busy");
        await Promise.all(pushers);
        assert.equal(pushed.length, 101);
        const { quietWindow, counts } = await manifestOf("busy");
        const before = pushed.filter(({ endedAt }) => endedAt < Date.parse(quietWindow.beganAt)).length;
        const ever = pushed.filter(({ endedAt }) => endedAt < Date.parse(quietWindow.endedAt)).length;
        assert.ok(before > 0);
        const told = `${String(counts.artifacts)} images, of which ${String(before)} to ${String(ever)} were pushed by then`;
        assert.ok(counts.artifacts >= before && counts.artifacts <= ever, told);
        await anchorage("backup", "verify", "busy");
        await requireWritable("after it");
    });

    it("is refused to a second one, who is told the first one's name", async () => {
        const first = begin("first");
        // From its first step on it has the lock.
        await first.reached("reach Harbor");
        const { code, text } = await failing("backup", "--name", "second");
        await first.kill();
        assert.equal(code, 3, text);
        assert.match(text, /another command works on this Harbor: .*@.*, process \d+, backup of stack lab-backup/);
    });

    /** Steps of a command, as its plan has them. */
    const titlesOf = async (...args: string[]): Promise<readonly string[]> => {
        const { stdout } = await anchorage(...args, "--plan", "--json");
        const last = stdout.trim().split("\n").at(-1) ?? "";
        return (JSON.parse(last) as { plan: readonly { title: string }[] }).plan.map(({ title }) => title);
    };
    const objectsOf = async (namespace: string, ...what: string[]): Promise<string[]> => {
        const args = ["--kubeconfig", lab.kubeconfig, "-n", namespace, "get", ...what, "-o", "name"];
        const { stdout } = await exec(lab.tools.kubectl, args);
        return stdout
            .trim()
            .split("\n")
            .filter((line) => line !== "")
            .sort();
    };

    it("that is killed at any of its steps is put back by the next command, which leaves nothing of it", async function () {
        this.timeout(20 * 60_000);
        const putBack = "put back what a killed command left";
        const titles = (await titlesOf("backup")).filter((title) => title !== putBack);
        // Killed while it waits for jobs, it has paused the queues: there is something to put back.
        titles.splice(titles.indexOf("wait for jobs that run") + 1, 0, putBack);
        const check = titles.indexOf("look whether a backup can be made");
        const quiet = titles.indexOf("back up objects and database");
        assert.ok(check > 0 && titles.indexOf(putBack) > check && quiet > check);
        for (const [index, title] of titles.entries()) {
            const killed = begin(`killed-${String(index)}`);
            if (index > check && title !== putBack) {
                // What the one before it left is put back before anything else is looked at.
                await killed.reached(titles[check] ?? "");
                await requireWritable(`after a kill at "${titles[index - 1] ?? ""}"`);
            }
            await killed.reached(title);
            await killed.kill();
            if (index === quiet) {
                assert.equal((await opened.client.system.info()).read_only, true, "it was killed in its quiet window");
                await anchorage("backup", "unlock");
                await requireWritable("after unlock");
            }
        }
        await anchorage("backup", "--name", "good");
        await requireWritable("after the next backup");
        const left = await sets();
        // One that was killed at its very end may be whole.
        const whole = left.map(({ name: set }) => set).filter((set) => !/^killed-1[3-9]$/.test(set));
        assert.deepEqual(whole, ["busy", "good"]);
        assert.ok(left.every(({ state }) => state === "complete"));
        assert.deepEqual(
            await objectsOf("velero", "backups.velero.io"),
            left.map(({ name: set }) => `backup.velero.io/anchorage-${set}`).sort(),
        );
        assert.deepEqual(await objectsOf("harbor", "pods", "-l", "app.kubernetes.io/component=database-client"), []);
        for (const { name: set } of left) await anchorage("backup", "verify", set);
        await anchorage("backup", "delete", "good", "--yes");
        assert.ok(!(await sets()).some((set) => set.name === "good"));
        await anchorage("backup", "verify", "busy");
    });

    it("can be gone on with by the next command wherever the restore was killed", async function () {
        this.timeout(20 * 60_000);
        const all = await titlesOf("restore", "--from", "busy");
        // The steps after these only look.
        const titles = all.slice(0, all.indexOf("lift what the dump had frozen") + 1);
        assert.ok(titles.length > 5);
        for (const title of titles) {
            const killed = beginVerb("restore", "--from", "busy", "--yes");
            await killed.reached(title);
            await killed.kill();
            if (title !== "restore the database") continue;
            const { code, text } = await failing("recover");
            assert.equal(code, 3, text);
            assert.match(text, /Harbor is held until one does\n[^]*restore --from busy goes on with it/);
        }
        // Harbor runs, and is as frozen as it was in the dump.
        await anchorage("recover");
        await requireWritable("after recover");
    });

    it("brings every image back, whole, where namespace, database and bucket are lost", async () => {
        await exec(lab.tools.kubectl, ["--kubeconfig", lab.kubeconfig, "delete", "namespace", "harbor"]);
        const place = { endpoint: lab.s3.endpoint, region: lab.s3.region, pathStyle: true };
        const { signal } = new AbortController();
        const content = openObjectStore({ ...place, bucket: "harbor-registry" }, lab.s3, signal);
        await content.remove(await keysOf(content));
        await anchorage("restore", "--from", "busy", "--yes");
        content.close();
        await requireWritable("after the restore that came through");
        assert.equal((await opened.client.system.health()).status, "healthy");
        const { counts, quietWindow } = await manifestOf("busy");
        const images = [];
        for await (const { name: repository } of opened.client.repositories.listAll()) {
            const ref = parseRepositoryName(repository);
            for await (const { digest } of opened.client.artifacts.list(ref)) images.push({ repository, digest });
        }
        assert.equal(images.length, counts.artifacts);
        // Nothing is half there.
        assert.equal((await pullImages(registry, images, () => undefined)).images, images.length);
        const there = new Set(images.map(({ digest }) => digest));
        const before = pushed.filter(({ endedAt }) => endedAt < Date.parse(quietWindow.beganAt));
        assert.deepEqual(
            before.filter(({ digest }) => !there.has(digest)),
            [],
        );
        await anchorage("backup", "--name", "after");
        assert.deepEqual(await objectsOf("harbor", "pods", "-l", "app.kubernetes.io/component=database-client"), []);
        assert.deepEqual(await objectsOf("velero", "configmaps", "-l", "app.kubernetes.io/managed-by=anchorage"), []);
    });
});
