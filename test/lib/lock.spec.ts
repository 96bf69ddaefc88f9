import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { UserError } from "../../lib/errors";
import { lockHolder, withLock } from "../../lib/lock";
import { isSameProcess, processStart } from "../../lib/processes";
import { waitFor } from "../../lib/wait";

describe("lock", () => {
    let folder: string;
    let file: string;

    beforeEach(async () => {
        folder = await mkdtemp(path.join(tmpdir(), "anchorage-lock-"));
        file = path.join(folder, "deep", "lock");
    });

    afterEach(async () => {
        await rm(folder, { recursive: true });
    });

    it("is held during the work, and leaves nothing behind", async () => {
        const seen = await withLock(file, { purpose: "a test" }, () => lockHolder(file));
        assert.equal(seen?.pid, process.pid);
        assert.equal(seen.purpose, "a test");
        assert.deepEqual(await readdir(path.dirname(file)), []);
    });

    it("is released when the work fails", async () => {
        await assert.rejects(
            withLock(file, { purpose: "a test" }, () => Promise.reject(new Error("no luck"))),
            /no luck/,
        );
        assert.equal(existsSync(file), false);
    });

    it("refuses a second holder, and names the first", async () => {
        await withLock(file, { purpose: "up of stack lab" }, async () => {
            await assert.rejects(
                withLock(file, { purpose: "another" }, () => Promise.resolve()),
                (error: unknown) =>
                    error instanceof UserError &&
                    error.message.includes("up of stack lab is running") &&
                    error.message.includes(String(process.pid)) &&
                    error.message.includes(hostname()),
            );
        });
    });

    it("is waited for where the caller has time, and held by one at a time", async () => {
        let holders = 0;
        let waiting = 0;
        const take = (purpose: string): Promise<void> =>
            withLock(file, { purpose, waitMs: 10_000, onWait: () => (waiting += 1) }, async () => {
                holders += 1;
                assert.equal(holders, 1);
                if (purpose === "a") {
                    await waitFor(() => waiting === 2 || undefined, { what: "b and c to wait", timeoutMs: 5_000 });
                }
                holders -= 1;
            });
        const first = take("a");
        await waitFor(async () => (await lockHolder(file)) ?? undefined, { what: "a to hold it", timeoutMs: 5_000 });
        await Promise.all([first, take("b"), take("c")]);
        assert.equal(waiting, 2);
    });

    it("is taken over from a process that is dead", async () => {
        const child = spawn(process.execPath, ["-e", ""]);
        await once(child, "exit");
        await withLock(file, { purpose: "makes the folder" }, () => Promise.resolve());
        await writeFile(
            file,
            JSON.stringify({ host: hostname(), pid: child.pid, since: "2026-01-01", purpose: "died" }),
        );
        assert.equal(await withLock(file, { purpose: "heir" }, () => Promise.resolve("done")), "done");
    });

    it("is taken over when the holder's number went to another process", async () => {
        await withLock(file, { purpose: "makes the folder" }, () => Promise.resolve());
        const holder = { host: hostname(), pid: process.pid, processStart: "1", since: "2026-01-01", purpose: "died" };
        await writeFile(file, JSON.stringify(holder));
        assert.equal(await withLock(file, { purpose: "heir" }, () => Promise.resolve("done")), "done");
    });

    it("of another host is never taken over", async () => {
        await withLock(file, { purpose: "makes the folder" }, () => Promise.resolve());
        const holder = { host: "elsewhere", pid: 1, since: "2026-01-01", purpose: "up of stack lab" };
        await writeFile(file, JSON.stringify(holder));
        await assert.rejects(
            withLock(file, { purpose: "another" }, () => Promise.resolve()),
            /process 1 on elsewhere/,
        );
        assert.ok(existsSync(file));
    });
});

describe("processes", () => {
    it("know this process, and not its number's next owner", () => {
        assert.ok(isSameProcess(process.pid, processStart(process.pid)));
        assert.equal(isSameProcess(process.pid, "1"), false);
    });
});
