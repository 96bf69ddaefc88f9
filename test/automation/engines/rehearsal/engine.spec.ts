import assert from "node:assert/strict";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { ExitCode } from "../../../../lib/errors";
import { lockHolder } from "../../../../lib/lock";
import { waitFor } from "../../../../lib/wait";
import { changed, changeOf, makeTestStack, told, type TestStack } from "../../../support/rehearsal";

describe("rehearsal engine: programs without a cluster", function () {
    this.timeout(120_000);
    let stack: TestStack;
    afterEach(() => stack.remove());

    const open = async (program: string, settings: Record<string, unknown> = {}): Promise<void> => {
        stack = await makeTestStack(program, settings);
        await writeFile(path.join(stack.folder, "go"), "");
    };

    it("runs commands, certificates, random values and dynamic resources", async () => {
        await open("kinds", { word: "one", file: "gone" });
        const all = ["ca", "ca-key", "certificate", "counter", "echo", "key", "pet", "request"];
        const planned = await stack.preview();
        assert.deepEqual(
            changed(planned),
            all.map((name) => `create ${name}`),
        );
        assert.deepEqual(planned.outputs, {}, "nothing is known before");
        assert.ok(!existsSync(stack.stateFile), "a preview leaves nothing");

        const made = await stack.up();
        assert.equal(made.outputs["said"]?.value, "made one");
        assert.ok(made.outputs["privateKey"]?.secret && !made.outputs["caPem"]?.secret);
        const again = await stack.up();
        assert.deepEqual(changed(again), []);
        assert.deepEqual(again.outputs, made.outputs);

        const updated = await stack.up({ word: "two" });
        assert.deepEqual(changed(updated), ["update counter", "update echo"]);
        assert.equal(updated.outputs["said"]?.value, "changed two after made one");
        assert.equal(updated.outputs["updates"]?.value, 1);
        assert.deepEqual(changeOf(updated, "counter").diff, [
            { path: "word", kind: "update", before: "one", after: "two" },
        ]);

        const record = await readFile(stack.stateFile, "utf8");
        assert.ok(!record.includes("PRIVATE KEY"), "a key is recorded in clear");
        await stack.engine().destroy();
        assert.equal((await readFile(path.join(stack.folder, "gone"), "utf8")).trim(), "gone");
    });

    it("hands on what the program throws: a user's error as such, a defect with its stack", async () => {
        await open("chain");
        await assert.rejects(
            stack.preview({ wrong: true }),
            told(/2 settings are wrong\n {2}- one\n {2}- two/, ExitCode.usage),
        );
        await assert.rejects(stack.preview({ broken: true }), (error: Error) =>
            (error.stack ?? "").includes("chain.ts"),
        );
    });

    it("names a kind that it does not know, and two resources of one name", async () => {
        await open("chain");
        await assert.rejects(
            stack.preview({ unknown: true }),
            told(/strange: .*does not know resources of the kind strange:index:Kind/),
        );
        await assert.rejects(
            stack.preview({ twice: true }),
            told(/two resources have the type command:local:Command and the name second/),
        );
    });

    it("ends in order when the process that asked for it is gone", async () => {
        const parent: ChildProcess = fork(path.join(__dirname, "../../../support/run-engine.ts"), ["chain", "{}"], {
            execArgv: ["--require", require.resolve("../../../../bin/typescript.js")],
            stdio: ["ignore", "pipe", "inherit", "ipc"],
        });
        const [line] = (await once(createInterface({ input: parent.stdout ?? assert.fail("no output") }), "line")) as [
            string,
        ];
        const { folder, lockFile, stateFile } = JSON.parse(line) as Record<"folder" | "lockFile" | "stateFile", string>;
        stack = await makeTestStack("chain", {}); // only so that there is something to remove
        try {
            const begun = (): true | undefined => (existsSync(path.join(folder, "begun")) ? true : undefined);
            await waitFor(begun, { what: "the first command", timeoutMs: 60_000 });
            const gone = once(parent, "exit");
            parent.kill("SIGKILL");
            await gone; // else the first command may end before the engine can know of it
            await writeFile(path.join(folder, "go"), "");
            const free = async (): Promise<true | undefined> => ((await lockHolder(lockFile)) ? undefined : true);
            await waitFor(free, { what: "the engine to end", timeoutMs: 30_000 });
            const { resources } = JSON.parse(await readFile(stateFile, "utf8")) as {
                resources: { name: string; id?: string; pending?: object }[];
            };
            const commands = resources.filter(({ name }) => name === "first" || name === "second");
            assert.deepEqual(
                commands.map(({ name, id, pending }) => [name, id !== undefined, pending === undefined]),
                [["first", true, true]],
                "what was under way is seen through and recorded, nothing new was begun",
            );
        } finally {
            await rm(folder, { recursive: true, force: true });
            await rm(path.dirname(stateFile), { recursive: true, force: true });
        }
    });
});
