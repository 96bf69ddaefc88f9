import assert from "node:assert/strict";
import type { BackupManifest } from "../../../automation/backup/manifest";
import { verifiedBackup, type BackupSource } from "../../../automation/upgrade/verified-backup";
import { UserError } from "../../../lib/errors";

const now = Date.parse("2026-11-28T12:00:00Z");
const minutes = 60_000;

/** As far as it is looked at here. */
function set(name: string, more: Partial<BackupManifest> & { readonly age?: number } = {}): BackupManifest {
    const { age = 10, ...rest } = more;
    const beganAt = new Date(now - age * minutes).toISOString();
    const whole = { name, state: "complete", stack: "prod", namespace: "harbor", harbor: "2.14.4", beganAt };
    return { ...whole, ...rest } as unknown as BackupManifest;
}

function source(sets: readonly BackupManifest[], damaged: readonly string[] = []) {
    const calls: string[] = [];
    const doors: BackupSource = {
        ...{ stack: "prod", namespace: "harbor", maxAgeMs: 60 * minutes, now: () => now },
        signal: new AbortController().signal,
        sets: () => Promise.resolve(sets),
        verify: (name) => {
            calls.push(`verify ${name}`);
            return damaged.includes(name)
                ? Promise.reject(new UserError(`backup ${name} is damaged`))
                : Promise.resolve();
        },
        make: () => {
            calls.push("make");
            return Promise.resolve("new");
        },
        warn: (message) => calls.push(`warn: ${message}`),
    };
    return { doors, calls };
}

const hop = { from: "2.14.4" };

describe("the backup of a hop", () => {
    it("is the youngest that fits, and every digest of it is compared", async () => {
        const { doors, calls } = source([set("older", { age: 30 }), set("younger", { age: 5 })]);
        assert.deepEqual(await verifiedBackup(hop, doors), { name: "younger", made: false });
        assert.deepEqual(calls, ["verify younger"]);
    });

    const unfit: readonly (readonly [what: string, one: BackupManifest])[] = [
        ["too old", set("a", { age: 61 })],
        ["of another Harbor", set("a", { harbor: "2.13.5" })],
        ["not complete", set("a", { state: "incomplete" })],
        ["of another stack", set("a", { stack: "dev" })],
        ["of another namespace", set("a", { namespace: "other" })],
    ];
    for (const [what, one] of unfit) {
        it(`is a new one where what is there is ${what}`, async () => {
            const { doors, calls } = source([one]);
            assert.deepEqual(await verifiedBackup(hop, doors), { name: "new", made: true });
            assert.deepEqual(calls, ["make", "verify new"]);
        });
    }

    it("is a new one where there is none, and where the youngest is damaged, which is said", async () => {
        assert.deepEqual(await verifiedBackup(hop, source([]).doors), { name: "new", made: true });
        const { doors, calls } = source([set("a")], ["a"]);
        assert.deepEqual(await verifiedBackup(hop, doors), { name: "new", made: true });
        assert.deepEqual(calls, ["verify a", "warn: backup a is damaged: another one is made", "make", "verify new"]);
    });

    it("is never gone without: what cannot be made, or is damaged when it is made, ends the hop", async () => {
        await assert.rejects(verifiedBackup(hop, source([], ["new"]).doors), /backup new is damaged/);
        const { doors } = source([]);
        const failing = { ...doors, make: () => Promise.reject(new UserError("the bucket is full")) };
        await assert.rejects(verifiedBackup(hop, failing), /the bucket is full/);
    });
});
