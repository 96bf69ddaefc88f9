import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import path from "node:path";
import type { CompleteManifest } from "../../automation/backup/manifest";
import { openHarbor, type OpenedClient } from "../../harbor/client/client";
import { smallImage } from "../../harbor/registry/image";
import { RegistryClient } from "../../harbor/registry/registry-client";
import { resetLab } from "../../lab/lab";
import { exec, ExecFailure } from "../../lib/exec";
import { projectRoot, type LabEndpoints } from "../../lib/home";
import { readLabEndpoints } from "../../lib/lab-endpoints";
import { waitFor } from "../../lib/wait";
import { labTimeout, testBinaries } from "../support/lab";
import { passwordOf } from "../support/lab-password";

const name = "sets";
const stack = ["--stack", "lab-backup", "--lab", name, "--engine", "rehearsal"];
const cli = path.join(projectRoot, "bin/anchorage.js");

/** The command as it is typed, on a lab with the real Velero, S3, PostgreSQL and registry. */
describe("backup in a lab", function () {
    this.timeout(10 * 60_000);

    let lab: LabEndpoints;
    let opened: OpenedClient;
    let registry: RegistryClient;

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
    /** Begins a backup; `reached` waits until it is at a step. */
    const begin = (set: string): { reached: (step: string) => Promise<void>; kill: () => Promise<void> } => {
        const child = spawn(process.execPath, [cli, "backup", "--name", set, ...stack]);
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
        assert.ok(lab.harbor);
        const at = { url: lab.harbor.url, user: "admin", password: await passwordOf(lab, "harbor") };
        opened = openHarbor(at);
        registry = new RegistryClient({ ...at, signal: new AbortController().signal });
        const answers = async (): Promise<true | undefined> => {
            const { status } = await opened.client.system.health().catch(() => ({ status: "unreachable" }));
            return status === "healthy" ? true : undefined;
        };
        await waitFor(answers, { what: "Harbor to be healthy", timeoutMs: 120_000, intervalMs: 500 });
    });
    after(async () => {
        await opened.close();
        await registry.close();
        await resetLab({ name, binaries: await testBinaries(), exec });
    });

    it("holds every image whose push had ended before its quiet window, while others are pushed", async () => {
        const ends: number[] = [];
        let stop = false;
        const push = async (repository: string, tag: string): Promise<void> => {
            await registry.push(repository, tag, smallImage(`image ${tag}\n`));
            ends.push(Date.now());
        };
        const pusher = async (client: number): Promise<void> => {
            for (let n = 0; !stop && n < 34; n++) {
                try {
                    await push("library/app", `c${String(client)}-${String(n)}`);
                } catch (error) {
                    if (!/read.only/i.test(String(error))) throw error; // the quiet window
                }
            }
        };
        await push("library/first", "v1");
        const pushers = [1, 2, 3].map(pusher);
        await anchorage("backup", "--name", "busy");
        stop = true;
        await Promise.all(pushers);
        const { quietWindow, counts } = await manifestOf("busy");
        const before = ends.filter((end) => end < Date.parse(quietWindow.beganAt)).length;
        const ever = ends.filter((end) => end < Date.parse(quietWindow.endedAt)).length;
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

    it("that was killed is put back by the next command; the next backup is good, and nothing of it is left", async () => {
        await anchorage("backup", "unlock");
        const quiet = begin("quiet");
        await quiet.reached("back up objects");
        await quiet.kill();
        assert.equal((await opened.client.system.info()).read_only, true, "it was killed in its quiet window");
        await anchorage("backup", "unlock");
        await requireWritable("after unlock");
        const copying = begin("killed");
        await copying.reached("copy images\n");
        await copying.kill();
        await anchorage("backup", "--name", "good");
        await requireWritable("after the next backup");
        assert.deepEqual(
            (await sets()).map((set) => `${set.name} ${set.state}`),
            ["busy complete", "good complete"],
        );
        const velero = ["--kubeconfig", lab.kubeconfig, "-n", "velero", "get", "backups.velero.io", "-o", "name"];
        const { stdout } = await exec(lab.tools.kubectl, velero);
        assert.deepEqual(stdout.trim().split("\n").sort(), [
            "backup.velero.io/anchorage-busy",
            "backup.velero.io/anchorage-good",
        ]);
        await anchorage("backup", "delete", "good", "--yes");
        assert.deepEqual(
            (await sets()).map((set) => set.name),
            ["busy"],
        );
        await anchorage("backup", "verify", "busy");
    });
});
