import assert from "node:assert/strict";
import { closingLine, parseClosingLine, sumOf } from "./support/closing-line";

describe("the closing line of a run", () => {
    it("is read as it is written, and is no other line", () => {
        for (const counts of [
            { passed: 3, failed: 0, skipped: 0 },
            { passed: 1200, failed: 2, skipped: 46 },
        ])
            assert.deepEqual(parseClosingLine(closingLine(counts)), counts);
        for (const line of ["", "  3 passing (2s)", "note: 3 passed, 0 failed", "3 passed, 0 failed, 1 skipped, 2"])
            assert.equal(parseClosingLine(line), undefined, line);
    });

    it("adds up", () => {
        const counts = [
            { passed: 1, failed: 2, skipped: 3 },
            { passed: 10, failed: 0, skipped: 0 },
        ];
        assert.deepEqual(sumOf(counts), { passed: 11, failed: 2, skipped: 3 });
    });
});
