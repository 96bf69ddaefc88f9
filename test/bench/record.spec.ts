import assert from "node:assert/strict";
import { spreadOf, type Figure } from "../../bench/harness";
import { firstRecord, updatedRecord } from "../../bench/record";

describe("the record of figures", () => {
    const figure = (name: string, seconds: number): Figure => ({
        ...{ name, unit: "s", subject: spreadOf([seconds * 1000]), ratio: spreadOf([seconds]) },
        peer: { what: "a peer", spread: spreadOf([1000]) },
        limit: { of: "ratio", most: 1.5 },
    });
    const day = (number: number): Date => new Date(`2026-11-0${String(number)}`);
    const names = (record: string): (string | undefined)[] =>
        record
            .split("\n")
            .filter((line) => line.startsWith("|"))
            .map((line) => line.split("|")[1]?.trim());

    it("gets figures anew in their place, new ones at its end, and says when each was measured", () => {
        const old = firstRecord([figure("a", 1), figure("b", 2)], day(1));
        const once = updatedRecord(old, [figure("b", 1.2), figure("c", 3)], day(2));
        assert.deepEqual(names(once), ["figure", "---", "a", "b", "c"]);
        assert.match(once, /\| b +\| 1\.20 s/);
        assert.match(once, /\| c .*\*\*over\*\*/);
        assert.match(once, /^2026-11-01/m);
        assert.match(once, /^b; c, measured alone: 2026-11-02/m);
        const twice = updatedRecord(once, [figure("c", 1)], day(3));
        assert.match(twice, /^2026-11-01/m);
        assert.match(twice, /^b, measured alone: 2026-11-02/m);
        assert.match(twice, /^c, measured alone: 2026-11-03/m);
        assert.deepEqual(names(twice), names(once));
    });
});
