"use strict";
// Mocha's spec reporter, and as the very last line the plain count that pipelines read.
const Spec = require("mocha").reporters.Spec;

module.exports = class ClosingLineReporter extends Spec {
    epilogue() {
        super.epilogue();
        const { passes, failures, pending } = this.stats;
        console.log(`${passes} passed, ${failures} failed${pending > 0 ? `, ${pending} skipped` : ""}`);
    }
};
