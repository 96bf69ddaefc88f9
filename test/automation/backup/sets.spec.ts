import assert from "node:assert/strict";
import { linesOf, rowOf } from "../../../automation/backup/manage";
import { defaultSetName, readManifest, setNamePattern, type BackupManifest } from "../../../automation/backup/manifest";
import { pruneSets } from "../../../automation/backup/pruning";
import { expiredSets } from "../../../automation/backup/retention";
import {
    findSet,
    listSets,
    removeSet,
    requireComplete,
    requireSet,
    setKeys,
    writeManifest,
} from "../../../automation/backup/sets";
import type { StackOutputs } from "../../../config/contract";
import { ExitCode, UserError } from "../../../lib/errors";
import { sampleBackup, sampleOutputs } from "../../support/fakes";
import { complete, incomplete, now } from "../../support/manifests";
import { MemoryStore } from "../../support/memory-store";

describe("backup sets in a bucket", () => {
    it("are listed by age, and what is no set is told with its reason", async () => {
        const store = new MemoryStore();
        for (const set of [complete("new", 1), incomplete("half", 3), complete("old", 9)])
            await writeManifest(store, set);
        const put = (name: string, text: string) => store.objects.set(setKeys(name).manifest, Buffer.from(text));
        put("broken", "{");
        put("later", '{"version":2}');
        put("copied", JSON.stringify(complete("old", 9)));
        put("lacking", JSON.stringify({ ...complete("lacking", 1), database: {} }));
        store.objects.set("anchorage/sets/empty/database.dump", Buffer.from(""));
        store.objects.set("anchorage/sets/Not A Name/x", Buffer.from(""));
        const { sets, foreign } = await listSets(store);
        assert.deepEqual(
            sets.map(({ name }) => name),
            ["old", "half", "new"],
        );
        const told = Object.fromEntries(foreign.map(({ name, problem }) => [name, problem]));
        assert.match(told["broken"] ?? "", /no JSON/);
        assert.match(told["later"] ?? "", /a newer anchorage made it/);
        assert.match(told["copied"] ?? "", /that of backup old/);
        assert.match(told["lacking"] ?? "", /at database\./);
        assert.match(told["empty"] ?? "", /no manifest/);
        assert.match(told["Not A Name"] ?? "", /its name/);
        assert.equal(foreign.length, 6);
        await assert.rejects(findSet(store, "later"), /backup later cannot be used/);
    });

    it("are read by name, an incomplete one only on purpose", async () => {
        const store = new MemoryStore();
        await writeManifest(store, complete("good", 1));
        await writeManifest(store, incomplete("half", 1));
        assert.deepEqual(await requireComplete(store, "good"), complete("good", 1));
        assert.equal((await requireSet(store, "half")).state, "incomplete");
        for (const [name, pattern, exitCode] of [
            ["half", /incomplete\n.*it was killed/, ExitCode.refused],
            ["none", /no backup none.*\n.*there is: half, good/, ExitCode.failed],
            ["../x", /no name of a backup/, ExitCode.usage],
        ] as const) {
            await assert.rejects(requireComplete(store, name), (error: unknown) => {
                assert.ok(error instanceof UserError);
                assert.match(error.render(), pattern);
                assert.equal(error.exitCode, exitCode);
                return true;
            });
        }
    });

    it("are never complete while they are being removed", async () => {
        const store = new MemoryStore();
        await writeManifest(store, complete("good", 1));
        store.objects.set(setKeys("good").database, Buffer.from("a dump"));
        store.objects.set("anchorage/sets/good-too/manifest.json", Buffer.from("another one's"));
        store.beforeChange = (what) => {
            if (what.startsWith("remove")) throw new Error("killed");
        };
        await assert.rejects(removeSet(store, "good"), /killed/);
        assert.equal((await requireSet(store, "good")).state, "incomplete");
        store.beforeChange = () => undefined;
        await removeSet(store, "good");
        assert.deepEqual([...store.objects.keys()], ["anchorage/sets/good-too/manifest.json"]);
    });

    it("have names that are parts of keys and of Kubernetes' names", () => {
        for (const name of ["a", "20261123t142831z", "before-upgrade", "a".repeat(48)])
            assert.match(name, setNamePattern);
        for (const name of ["", "-a", "a-", "A", "a/b", "a.b", "a".repeat(49)])
            assert.doesNotMatch(name, setNamePattern);
        assert.equal(defaultSetName(new Date("2026-11-23T14:28:31.123Z")), "20261123t142831z");
    });

    it("are told in a line, and in full without any secret", () => {
        assert.match(rowOf(complete("good", 1)), /^complete, stack lab, regular, Harbor 2\.15\.2, 3 artifacts/);
        assert.equal(rowOf(incomplete("half", 1)), "incomplete: it was killed");
        const text = linesOf(complete("good", 1))
            .map((line) => line.join(" "))
            .join("\n");
        assert.match(text, /quiet window 4\.0 s/);
        assert.ok(!JSON.stringify(complete("good", 1)).includes("0123456789abcdef"));
        const read = readManifest(JSON.stringify(complete("good", 1)), "good");
        assert.ok("manifest" in read);
    });
});

describe("retention", () => {
    const gone = (sets: readonly BackupManifest[], count: number, days: number): string[] =>
        expiredSets(sets, { stack: "lab", registryUrl: "http://localhost:8080" }, { count, days }, now).map(
            ({ set }) => set.name,
        );
    const five = [9, 7, 5, 3, 1].map((days) => complete(`d${String(days)}`, days));

    it("keeps the newest of the count, and all of the days", () => {
        assert.deepEqual(gone(five, 2, 1), ["d9", "d7", "d5"]);
        assert.deepEqual(gone(five, 2, 6), ["d9", "d7"]);
        assert.deepEqual(gone(five, 9, 1), []);
        assert.deepEqual(gone(five, 1, 30), []);
    });

    it("never takes the newest complete one, nor what is another stack's", () => {
        assert.deepEqual(gone([complete("only", 400)], 1, 1), []);
        assert.deepEqual(gone([complete("only", 400, { kind: "snapshot" })], 1, 1), []);
        assert.deepEqual(gone([complete("theirs", 400, { stack: "public" }), complete("ours", 1)], 1, 1), []);
        assert.deepEqual(gone([complete("good", 400), incomplete("newer", 2)], 1, 1), ["newer"]);
        const elsewhere = { ...incomplete("under-way", 0), registryUrl: "https://registry.elsewhere.example" };
        assert.deepEqual(gone([complete("good", 400), elsewhere], 1, 1), []);
    });

    it("lets a snapshot go after its days, and counts it not", () => {
        const sets = [complete("snap", 8, { kind: "snapshot" }), complete("a", 7), complete("b", 6)];
        assert.deepEqual(gone(sets, 2, 5), ["snap"]);
    });

    it("deletes Velero's part first, and stops where that fails", async () => {
        const store = new MemoryStore();
        for (const set of five) await writeManifest(store, set);
        const backup = { ...sampleBackup, volumes: "files" as const, retention: { count: 1, days: 4 } };
        const outputs: StackOutputs = { ...sampleOutputs, backup };
        const deleted: string[] = [];
        const deleteBackup = (name: string): Promise<void> => {
            if (name === "anchorage-d7") return Promise.reject(new UserError("Velero could not delete it"));
            deleted.push(name);
            return Promise.resolve();
        };
        const { signal } = new AbortController();
        const prune = pruneSets({ outputs, stack: "lab", backups: store, velero: { deleteBackup }, signal, now });
        await assert.rejects(prune, /could not delete/);
        assert.deepEqual(deleted, ["anchorage-d9"]);
        assert.deepEqual(
            (await listSets(store)).sets.map(({ name }) => name),
            ["d7", "d5", "d3", "d1"],
        );
    });
});
