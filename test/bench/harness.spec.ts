import assert from "node:assert/strict";
import { limited, measurePairs, pairsOf, spreadOf, table, type Figure } from "../../bench/harness";

const spread = (median: number): Figure["subject"] => ({ median, min: median, max: median, count: 1 });
const figure: Figure = {
    name: "lab",
    unit: "s",
    subject: spread(2_600),
    peer: { what: "bare", spread: spread(2_000) },
    ratio: { median: 1.3, min: 1.2, max: 1.41, count: 3 },
    limit: { of: "ratio", most: 1.3 },
};

describe("the harness of the benches", () => {
    it("takes the median of an odd and of an even number of measurements", () => {
        assert.deepEqual(spreadOf([9, 1, 4]), { median: 4, min: 1, max: 9, count: 3 });
        assert.deepEqual(spreadOf([10, 9, 1, 4]), { median: 6.5, min: 1, max: 10, count: 4 });
        assert.throws(() => spreadOf([]), /nothing was measured/);
    });

    it("compares each measurement with the one beside it, not medians with medians", () => {
        assert.equal(pairsOf([10, 30, 200], [10, 10, 100]).ratio.median, 2);
        assert.throws(() => pairsOf([1, 2], [1]), /without a partner/);
    });

    it("measures in turns and cleans up after each, also after a failure", async () => {
        const calls: string[] = [];
        const side = (name: string): Parameters<typeof measurePairs>[0] => ({
            what: name,
            measure: () => {
                calls.push(name);
                return calls.length > 6 ? Promise.reject(new Error("broken")) : Promise.resolve(1);
            },
            cleanUp: () => {
                calls.push(`-${name}`);
                return Promise.resolve();
            },
        });
        const told: string[] = [];
        await measurePairs(side("a"), side("b"), 1, (line) => told.push(line.trim()));
        assert.deepEqual(told, ["1/1  a: 1", "1/1  b: 1"]);
        assert.deepEqual(calls.splice(0), ["a", "-a", "b", "-b"]);
        await assert.rejects(
            measurePairs(side("a"), side("b"), 3, () => undefined),
            /broken/,
        );
        // Each is first every other time.
        assert.deepEqual(calls, ["a", "-a", "b", "-b", "b", "-b", "a", "-a"]);
    });

    it("says when a figure is over its limit, be it a ratio or a value", () => {
        assert.deepEqual(limited(figure), { value: 1.3, holds: true });
        assert.equal(limited({ ...figure, ratio: spread(1.31) }).holds, false);
        assert.deepEqual(limited({ ...figure, limit: { of: "value", most: 2.5 } }), { value: 2.6, holds: false });
        const memory = {
            ...figure,
            unit: "MiB",
            subject: spread(2 ** 30),
            limit: { of: "value", most: 1536 },
        } as const;
        assert.deepEqual(limited(memory), { value: 1024, holds: true });
    });

    it("writes one line a figure", () => {
        const [, , line, over] = table([figure, { ...figure, ratio: spread(2) }]).split("\n");
        assert.equal(
            line,
            "| lab | 2.60 s (2.60 - 2.60) | bare: 2.00 s (2.00 - 2.00) | 1.30 x (1.20 - 1.41) | 1.3 x |",
        );
        assert.match(over ?? "", /1\.3 x \*\*over\*\* \|$/);
    });
});
