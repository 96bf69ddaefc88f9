import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { CheckedDump } from "../../automation/restore/checked-dump";
import { refusals, requireRestorable, type RestoreFacts } from "../../automation/restore/refusals";
import { ExitCode, UserError } from "../../lib/errors";
import { dump, sampleSet as set } from "../support/restore";

describe("what a restore refuses", () => {
    const good: RestoreFacts = {
        set,
        complete: true,
        broken: [],
        harborVersion: "2.15.2",
        keyFingerprint: "aa",
        serverVersion: "17.2",
        location: { phase: "Available" },
        running: [],
    };

    it("is nothing where all fits, also to a newer Harbor, a newer PostgreSQL, and where nothing is there yet", () => {
        assert.deepEqual(refusals(good), []);
        assert.deepEqual(refusals({ ...good, harborVersion: "2.16.0", serverVersion: "18.1" }), []);
        const { set: same, complete, broken, harborVersion, location, running } = good;
        assert.deepEqual(refusals({ set: same, complete, broken, harborVersion, location, running }), []);
    });

    const cases: readonly (readonly [Partial<RestoreFacts>, RegExp])[] = [
        [{ complete: false }, /^the backup is incomplete/],
        [{ broken: ["the dump of the database is missing: k"] }, /^the dump of the database is missing/],
        [{ keyFingerprint: "bb" }, /^the stack's secretKey is another one than the backup's/],
        [{ harborVersion: "2.14.4" }, /^the stack's Harbor is 2\.14\.4, and the backup's is 2\.15\.2/],
        [{ serverVersion: "16.9" }, /^PostgreSQL 16\.9 is older than 17\.10, which wrote the dump/],
        [{ location: { phase: "Unavailable", message: "403" } }, /BackupStorageLocation is Unavailable \(403\)/],
        [{ location: { phase: "New" } }, /BackupStorageLocation is New$/],
        [{ running: ["backup/other"] }, /^Velero is at work: backup\/other/],
        [{ locked: "another command works on this Harbor: anna@build" }, /^another command .* anna@build/],
    ];
    for (const [facts, because] of cases) {
        it(`is told: ${because.source}`, () => {
            const reasons = refusals({ ...good, ...facts });
            assert.equal(reasons.length, 1);
            assert.match(reasons[0] ?? "", because);
        });
    }

    it("comes all at once, with exit code 3", () => {
        const all = cases.reduce<RestoreFacts>((facts, [more]) => ({ ...facts, ...more }), good);
        assert.throws(
            () => {
                requireRestorable(all);
            },
            (error: unknown) =>
                error instanceof UserError &&
                error.exitCode === ExitCode.refused &&
                error.details.length === cases.length - 1 &&
                error.message === "backup nightly is not restored: nothing was touched",
        );
    });
});

describe("a dump on its way into the database", () => {
    it("comes through where it is the one of the manifest", async () => {
        const through = Readable.from([dump.subarray(0, 3), dump.subarray(3)]).pipe(new CheckedDump(set.dump));
        assert.deepEqual(await buffer(through), dump);
    });

    const changed = Buffer.from(dump);
    changed[0] = 0;
    for (const [what, pieces] of [
        ["short", [dump.subarray(0, 3), dump.subarray(3, 9)]],
        ["another one", [changed.subarray(0, 3), changed.subarray(3)]],
        ["empty", []],
    ] as const) {
        it(`never comes to its end where it is ${what}`, async () => {
            const checked = new CheckedDump(set.dump);
            const got: Buffer[] = [];
            checked.on("data", (chunk: Buffer) => got.push(chunk));
            const ended = new Promise((resolve) => checked.once("error", resolve));
            Readable.from(pieces).pipe(checked);
            const error = await ended;
            assert.ok(error instanceof UserError);
            assert.match(
                error.details[0] ?? "",
                /database\.dump: \d+ bytes with sha256 [0-9a-f]{64} in place of 14 bytes/,
            );
            assert.ok(Buffer.concat(got).length < dump.length);
        });
    }
});
