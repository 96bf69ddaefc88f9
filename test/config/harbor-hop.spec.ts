import assert from "node:assert/strict";
import { compare, minor } from "semver";
import { bundledPostgresql, harborReleases } from "../../config/catalogue";
import { isLegal, refuseHop, type HarborHop } from "../../config/harbor-hop";

const versions = harborReleases.map(({ harbor }) => harbor);
const pairs = versions.flatMap((from) => versions.map((to) => ({ from, to })));

function refusals(from: string, to: string, internalDatabase = false, engineChange = false) {
    return refuseHop({ from, to, internalDatabase }, { engineChange });
}

const kinds = (...hop: Parameters<typeof refusals>): string[] => refusals(...hop).map(({ kind }) => kind);

describe("hop of Harbor", () => {
    it("changes the engine of an internal database, and of no other", () => {
        assert.deepEqual(kinds("2.15.1", "2.15.2", true), ["engine-change"]);
        assert.deepEqual(kinds("2.15.1", "2.15.2", true, true), []);
        assert.deepEqual(kinds("2.15.1", "2.15.2"), []);
        assert.deepEqual(kinds("2.13.1", "2.15.1", true), []);
        assert.match(
            refusals("2.15.1", "2.15.2", true)[0]?.sentence ?? "",
            /^harbor\.version is "2\.15\.2", whose internal database is PostgreSQL 18, but that of 2\.15\.1 is 15.*--accept-engine-change/,
        );
    });

    it("goes over two minor versions, not three, and not down", () => {
        assert.deepEqual(kinds("2.12.2", "2.14.4"), []);
        assert.deepEqual(kinds("2.12.2", "2.15.1"), ["skipped-minors"]);
        assert.match(refusals("2.12.2", "2.15.1")[0]?.sentence ?? "", /2 minor versions at most: set "2\.14\.4" first/);
        assert.deepEqual(kinds("2.15.2", "2.15.1"), ["downgrade"]);
        assert.deepEqual(kinds("2.15.2", "2.15.1", true, true), ["downgrade"]);
        assert.match(refusals("2.15.2", "2.14.4")[0]?.sentence ?? "", /set harbor\.version to "2\.15\.2" or newer/);
    });

    it("says everything at once", () => {
        assert.deepEqual(kinds("2.12.2", "2.15.2", true), ["skipped-minors", "engine-change"]);
        assert.deepEqual(kinds("2.12.2", "2.15.2", true, true), ["skipped-minors"]);
    });

    it("from a version that the catalogue does not know is judged by its numbers", () => {
        assert.deepEqual(kinds("2.14.0", "2.15.1", true), []);
        assert.deepEqual(kinds("2.10.3", "2.12.2", true), ["engine-change"]);
        assert.deepEqual(kinds("2.9.0", "2.11.0", true), ["engine-change"]);
        assert.deepEqual(kinds("3.0.0", "2.15.2"), ["downgrade"]);
    });

    it("to the same version is none", () => {
        for (const version of versions) assert.deepEqual(kinds(version, version, true), []);
    });

    // Over all pairs of the catalogue: the rules, said a second time and in other words.
    it("is refused exactly where a rule says so", () => {
        for (const { from, to } of pairs) {
            const down = compare(to, from) < 0;
            const far = !down && minor(to) - minor(from) > 2;
            const engine = !down && bundledPostgresql(from) !== bundledPostgresql(to);
            const expected = [
                ...(down ? ["downgrade"] : []),
                ...(far ? ["skipped-minors"] : []),
                ...(engine ? ["engine-change"] : []),
            ];
            const outside = expected.filter((kind) => kind !== "engine-change");
            assert.deepEqual(kinds(from, to, true), expected, `${from} to ${to}`);
            assert.deepEqual(kinds(from, to), outside, `${from} to ${to}`);
        }
    });

    it("ends at its goal where each refusal is followed", () => {
        for (const { from, to } of pairs.filter((pair) => compare(pair.to, pair.from) >= 0)) {
            let hop: HarborHop = { from, to, internalDatabase: false };
            for (let steps = 0; ; steps++) {
                assert.ok(steps < versions.length, `${from} to ${to} has no end`);
                const [refusal] = refuseHop(hop, { engineChange: false });
                if (refusal === undefined) break;
                const step = /set "([\d.]+)" first$/.exec(refusal.sentence)?.[1];
                assert.ok(step !== undefined, refusal.sentence);
                assert.ok(isLegal(hop.from, step) && compare(step, hop.from) > 0, `${hop.from} to ${step}`);
                assert.deepEqual(refuseHop({ ...hop, to: step }, { engineChange: false }), []);
                hop = { ...hop, from: step };
            }
        }
    });
});
