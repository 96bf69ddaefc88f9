import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { holdersOf, recoverStack } from "../../automation/engines/pulumi/recover";
import { recoverRehearsal } from "../../automation/engines/rehearsal/recover";
import type { State } from "../../automation/engines/rehearsal/state";
import { endPendingRelease, takeFailedForDeployed } from "../../automation/recover/helm-release";
import { ExitCode, UserError } from "../../lib/errors";
import { ExecFailure } from "../../lib/exec";
import { processStart } from "../../lib/processes";

const encoded = (release: object): string =>
    Buffer.from(gzipSync(JSON.stringify(release)).toString("base64")).toString("base64");
const decoded = (data: string): unknown =>
    JSON.parse(gunzipSync(Buffer.from(Buffer.from(data, "base64").toString(), "base64")).toString());

const revision = (version: string, status: string): object => ({
    metadata: { name: `sh.helm.release.v1.harbor.v${version}`, labels: { version, status, owner: "helm" } },
    data: { release: encoded({ name: "harbor", info: { status, first_deployed: "then" }, config: { a: 1 } }) },
});

/** kubectl on these Secrets; keeps what is written. */
function releases(...items: object[]) {
    const written: { metadata: { labels: Record<string, string> }; data: { release: string } }[] = [];
    const kubectl = (_what: string, [verb]: readonly string[], input = ""): Promise<string> => {
        if (verb === "replace") written.push(JSON.parse(input) as (typeof written)[number]);
        else assert.equal(verb, "get");
        return Promise.resolve(JSON.stringify({ items }));
    };
    return { kubectl, written };
}

describe("recover: a release that Helm left pending", () => {
    it("is marked as failed, its last revision alone, with all else that it says", async () => {
        const objects = releases(revision("10", "pending-upgrade"), revision("9", "deployed"));
        assert.equal(await endPendingRelease(objects, "harbor"), "pending-upgrade (revision 10)");
        const [secret] = objects.written;
        assert.equal(objects.written.length, 1);
        assert.equal(secret?.metadata.labels["status"], "failed");
        assert.deepEqual(decoded(secret.data.release), {
            name: "harbor",
            info: { status: "failed", first_deployed: "then", description: "interrupted, and taken over by Anchorage" },
            config: { a: 1 },
        });
    });

    it("that failed is marked as deployed, so that Helm removes what it added; any other one stays", async () => {
        const objects = releases(revision("3", "deployed"), revision("4", "failed"));
        assert.equal(await takeFailedForDeployed(objects, "harbor"), 4);
        const [secret] = objects.written;
        assert.equal(secret?.metadata.labels["status"], "deployed");
        assert.match(JSON.stringify(decoded(secret.data.release)), /"status":"deployed".*"config":\{"a":1\}/);
        for (const last of ["deployed", "pending-upgrade"]) {
            const others = releases(revision("4", "failed"), revision("5", last));
            assert.equal(await takeFailedForDeployed(others, "harbor"), undefined);
            assert.deepEqual(others.written, []);
        }
    });

    it("is left alone where none is pending, or none is there", async () => {
        for (const objects of [releases(), releases(revision("1", "pending-install"), revision("2", "deployed"))]) {
            assert.equal(await endPendingRelease(objects, "harbor"), undefined);
            assert.deepEqual(objects.written, []);
        }
    });
});

const locked =
    "error: the stack is currently locked by 1 lock(s). /locks/a.json: created by ann@box (pid 42) at 2026-11-23T10:00:00Z";

/** A CLI on a stack with these operations without an end, locked until it is cancelled. */
function cli(options: { readonly locked?: string; readonly pending?: readonly object[] }) {
    const seen: string[] = [];
    let imported: unknown;
    let lock = options.locked;
    const run = async (args: readonly string[]) => {
        const [verb = "", noun = ""] = args;
        seen.push(verb === "stack" ? `stack ${noun}` : verb);
        if (verb === "cancel") lock = undefined;
        if (noun === "import") {
            if (lock !== undefined)
                throw new Error("failed", { cause: new ExecFailure("failed", "pulumi", 255, "", lock, undefined, {}) });
            imported = JSON.parse(await readFile(args[3] ?? "", "utf8"));
        }
        const state = {
            version: 3,
            deployment: { resources: [{ urn: "a" }], pending_operations: options.pending ?? [] },
        };
        return { stdout: noun === "export" ? JSON.stringify(state) : "", stderr: "" };
    };
    return { run, seen, imported: () => imported };
}

const pending = [{ type: "creating", resource: { urn: "urn:pulumi:dev::anchorage::a:b:C::registry-bucket" } }];

describe("recover: a stack of Pulumi's", () => {
    it("reads who holds a lock", () => {
        assert.deepEqual(holdersOf(locked), [{ who: "ann@box", pid: 42, since: "2026-11-23T10:00:00Z" }]);
        assert.deepEqual(holdersOf("no lock"), []);
    });

    it("loses the lock of a dead process and its operations without an end, and nothing else", async () => {
        const pulumi = cli({ locked, pending });
        const told = await recoverStack("dev", pulumi.run, () => false);
        assert.deepEqual(pulumi.seen, ["stack export", "stack import", "cancel", "stack import"]);
        assert.deepEqual(pulumi.imported(), {
            version: 3,
            deployment: { resources: [{ urn: "a" }], pending_operations: [] },
        });
        assert.match(told.join("\n"), /lock of ann@box, process 42, was taken away.*\n.*creating registry-bucket/);
    });

    it("is left to a holder that lives, who is named", async () => {
        const pulumi = cli({ locked, pending });
        await assert.rejects(
            recoverStack("dev", pulumi.run, () => true),
            refused(/ann@box, process 42, since 2026/),
        );
        assert.equal(pulumi.seen.includes("cancel"), false);
    });

    it("is left to a holder of whom nothing is known", async () => {
        const pulumi = cli({ locked: "[409] Conflict: Another update is currently in progress." });
        await assert.rejects(
            recoverStack("dev", pulumi.run, () => false),
            refused(/another update of stack dev is running/),
        );
        assert.equal(pulumi.seen.includes("cancel"), false);
    });

    it("says nothing where nothing is left", async () => {
        assert.deepEqual(await recoverStack("dev", cli({}).run), []);
    });
});

describe("recover: a stack of the rehearsal's", () => {
    let folder: string;
    let lock: string;
    beforeEach(async () => {
        folder = await mkdtemp(path.join(tmpdir(), "anchorage-recover-"));
        lock = path.join(folder, "state", "lab.lock");
        await mkdir(path.dirname(lock));
    });
    afterEach(() => rm(folder, { recursive: true }));

    const holds = (pid: number, start: string | undefined): Promise<void> =>
        writeFile(
            lock,
            JSON.stringify({
                host: hostname(),
                pid,
                processStart: start,
                since: "2026-11-23T10:00:00Z",
                purpose: "up of stack lab",
            }),
        );
    const state =
        (...records: object[]) =>
        (): Promise<State> =>
            Promise.resolve({ records } as unknown as State);

    it("loses a dead process's lock, and tells what has no end on record", async () => {
        const child = spawn(process.execPath, ["-e", ""]);
        await once(child, "close");
        await holds(child.pid ?? 0, "long ago");
        const record = { name: "registry-harbor-release", pending: { op: "create", since: "then" } };
        const told = await recoverRehearsal(lock, "lab", state(record, { name: "done" }));
        assert.match(
            told.join("\n"),
            /lock of "up of stack lab" was taken away.*\n.*create of registry-harbor-release \(since then\)/,
        );
        await assert.rejects(readFile(lock), { code: "ENOENT" });
    });

    it("is left to a process that lives, which is named", async () => {
        await holds(process.pid, processStart(process.pid));
        await assert.rejects(
            recoverRehearsal(lock, "lab", state()),
            refused(new RegExp(`process ${String(process.pid)}`)),
        );
        await readFile(lock);
    });

    it("is left to the helm that a killed update began, while that works", async () => {
        const start = processStart(process.pid);
        const helm = { pid: process.pid, ...(start === undefined ? {} : { start }) };
        const record = { name: "registry-harbor-release", pending: { op: "update", since: "then", process: helm } };
        await assert.rejects(
            recoverRehearsal(lock, "lab", state(record)),
            refused(/still works on registry-harbor-release/),
        );
    });

    it("says nothing where nothing is left", async () => {
        assert.deepEqual(await recoverRehearsal(lock, "lab", state({ name: "done" })), []);
    });
});

function refused(pattern: RegExp): (error: unknown) => boolean {
    return (error) => {
        assert.ok(error instanceof UserError);
        assert.equal(error.exitCode, ExitCode.refused);
        assert.match(error.render(), pattern);
        return true;
    };
}
