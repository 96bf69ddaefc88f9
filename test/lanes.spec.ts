import assert from "node:assert/strict";
import { idleShare, inLanes } from "./support/lanes";
import { waitFor } from "../lib/wait";

describe("tasks in lanes", () => {
    /** Tasks that end when they are told to. */
    class Work {
        readonly begun: string[] = [];
        most = 0;
        private readonly running = new Map<string, () => void>();

        readonly begin = (task: string): Promise<void> => {
            this.begun.push(task);
            return new Promise((resolve) => {
                this.running.set(task, resolve);
                this.most = Math.max(this.most, this.running.size);
            });
        };

        end(task: string): void {
            this.running.get(task)?.();
            this.running.delete(task);
        }

        async has(count: number): Promise<void> {
            await waitFor(() => this.begun.length >= count || undefined, { what: "tasks to begin", timeoutMs: 5_000 });
        }
    }

    const tasks = ["a", "b", "c", "d", "e"];
    const lanes = { least: 2, most: 3, everyMs: 5, signal: new AbortController().signal };

    it("are two at once where the machine has no time for more, in their order", async () => {
        const work = new Work();
        let asked = 0;
        const hasTime = (): boolean => {
            asked += 1;
            return false;
        };
        const all = inLanes(tasks, work.begin, { ...lanes, hasTime });
        await waitFor(() => asked > 2 || undefined, { what: "the question for time", timeoutMs: 5_000 });
        assert.deepEqual(work.begun, ["a", "b"]);
        for (const [index, task] of tasks.entries()) {
            await work.has(Math.min(index + 2, tasks.length));
            work.end(task);
        }
        await all;
        assert.deepEqual(work.begun, tasks);
        assert.equal(work.most, 2);
    });

    it("are more while it has, and as few as before when it has none any more", async () => {
        const work = new Work();
        let time = true;
        const all = inLanes(tasks, work.begin, { ...lanes, hasTime: () => time });
        await work.has(3);
        time = false;
        work.end("c");
        work.end("a");
        await work.has(4);
        assert.deepEqual(work.begun, ["a", "b", "c", "d"]);
        work.end("b");
        await work.has(5);
        work.end("d");
        work.end("e");
        await all;
        assert.equal(work.most, 3);
    });

    it("ends when one that began besides has ended, too", async () => {
        const work = new Work();
        const all = inLanes(["a", "b", "c"], work.begin, { ...lanes, hasTime: () => true });
        await work.has(3);
        work.end("a");
        work.end("b");
        let ended = false;
        void all.then(() => {
            ended = true;
        });
        await new Promise((resolve) => setImmediate(resolve));
        assert.equal(ended, false);
        work.end("c");
        await all;
    });

    it("begins none when it is told to stop", async () => {
        const work = new Work();
        const stop = new AbortController();
        const all = inLanes(tasks, work.begin, { ...lanes, hasTime: () => true, signal: stop.signal });
        stop.abort();
        work.end("a");
        work.end("b");
        await all;
        assert.deepEqual(work.begun, ["a", "b"]);
    });

    it("fails with one that fails", async () => {
        const failing = (): Promise<void> => Promise.reject(new Error("no program"));
        await assert.rejects(inLanes(tasks, failing, { ...lanes, hasTime: () => false }), /no program/);
    });

    it("know how much of the processors' time was idle", () => {
        const idle = idleShare();
        const until = Date.now() + 100;
        while (Date.now() < until);
        const share = idle();
        assert.ok(share >= 0 && share < 1, String(share));
    });
});
