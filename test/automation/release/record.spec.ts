import assert from "node:assert/strict";
import { readRelease, writeRelease, type ReleaseRecord } from "../../../automation/release/record";
import { decideWayBack, rollBackTo } from "../../../automation/release/way-back";
import { UserError } from "../../../lib/errors";

const good = { settings: "config: { a: 1 }", harbor: "2.15.2", at: "2026-11-28T12:00:00.000Z", by: "anna@build-1" };
const record: ReleaseRecord = { version: 1, good };

/** A Secret as kubectl keeps it. */
function cluster(data?: Readonly<Record<string, string>>) {
    const applied: { metadata: object; data: Record<string, string> }[] = [];
    const kubectl = (what: string, [verb, ...args]: readonly string[], input = ""): Promise<string> => {
        if (verb === "apply") applied.push(JSON.parse(input) as (typeof applied)[number]);
        else assert.deepEqual([verb, ...args].slice(0, 3), ["get", "secret", "anchorage-release"], what);
        const now = applied.at(-1)?.data ?? data;
        return Promise.resolve(now === undefined ? "" : JSON.stringify({ data: now }));
    };
    return { objects: { namespace: "harbor", kubectl }, applied };
}

describe("the record of a release", () => {
    it("is read as it was written, and not brought back by a restore", async () => {
        const { objects, applied } = cluster();
        assert.equal(await readRelease(objects), undefined);
        const back = { kind: "settings", since: good.at, why: "verify failed", failed: "config: { a: 2 }" } as const;
        for (const written of [record, { ...record, back }]) {
            await writeRelease(objects, written);
            assert.deepEqual(await readRelease(objects), written);
        }
        assert.match(JSON.stringify(applied[0]?.metadata), /"velero.io\/exclude-from-backup":"true"/);
    });

    it("of another version, or of none, is refused with a way on", async () => {
        for (const text of ['{"version":2}', "", "{"]) {
            const { objects } = cluster({ "release.json": Buffer.from(text).toString("base64") });
            await assert.rejects(readRelease(objects), (error: unknown) => {
                assert.ok(error instanceof UserError);
                assert.match(error.render(), /no record of a release.*\n.*next: .*\n.*delete secret anchorage-release/);
                return true;
            });
        }
    });
});

describe("the way back of a release", () => {
    const now = { harbor: "2.15.2", settings: "config: { a: 2 }" };
    const cases: readonly (readonly [name: string, actual: unknown, expected: unknown])[] = [
        ["settings that fail: those of before", decideWayBack("up", record, now), { kind: "settings", good }],
        ["a failed check, too", decideWayBack("verify", record, now), { kind: "settings", good }],
        [
            "an upgrade that was made by this run",
            decideWayBack("verify-upgrade", record, now),
            { kind: "upgrade", good },
        ],
        ["nothing on record", decideWayBack("up", undefined, now), "no earlier release is on record"],
        [
            "the same settings in another layout, with a comment",
            decideWayBack("verify", record, { ...now, settings: "# new\nconfig:\n  a: 1\n" }),
            "the last good release had the same settings",
        ],
        [
            "a Harbor that another run upgraded",
            decideWayBack("verify", record, { ...now, harbor: "2.16.0" }),
            "Harbor was upgraded from 2.15.2 by another run; anchorage upgrade rollback undoes that, and loses what was " +
                "pushed since",
        ],
    ];
    for (const [name, actual, expected] of cases) it(name, () => assert.deepEqual(actual, expected));

    /** Hops that can be undone, the newest last. */
    const undoing = (installed: string, hops: string[], underWay = false) => {
        const undone: string[] = [];
        const undo = (): Promise<void> => {
            underWay = false;
            const to = hops.pop();
            if (to !== undefined) undone.push((installed = to));
            return Promise.resolve();
        };
        const door = { installed: () => Promise.resolve(installed), underWay: () => Promise.resolve(underWay), undo };
        return { door, undone };
    };

    it("undoes hop after hop until the Harbor of before is there", async () => {
        const { door, undone } = undoing("2.15.2", ["2.12.2", "2.14.4"]);
        await rollBackTo("2.12.2", door);
        assert.deepEqual(undone, ["2.14.4", "2.12.2"]);
    });

    it("goes on with a hop that was cut short, although its release is the old one already", async () => {
        const { door, undone } = undoing("2.14.4", ["2.14.4"], true);
        await rollBackTo("2.14.4", door);
        assert.deepEqual(undone, ["2.14.4"]);
        await rollBackTo("2.14.4", door);
        assert.equal(undone.length, 1);
    });

    it("ends where the record of the upgrade ends", async () => {
        const { door } = undoing("2.15.2", ["2.14.4"]);
        await assert.rejects(
            rollBackTo("2.12.2", door),
            /Harbor 2\.14\.4 stays: no upgrade from 2\.12\.2 is on record/,
        );
    });
});
