import assert from "node:assert/strict";
import { closingLine, failuresIn, parseClosingLine, sumOf } from "./support/closing-line";

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

    it("comes after the failures of each run, with their reasons", () => {
        const reasons = ["\x1b[31m  1 failing\x1b[0m", "", "  1) a lab", "       starts:", "     Error: no room"];
        assert.deepEqual(failuresIn(["  a lab", "    1) starts", "", "  2 passing (3s)", ...reasons]), reasons);
        assert.deepEqual(failuresIn(["  a lab", "    ✔ starts", "  1 passing (3s)"]), []);
    });
});
