"use strict";
// Mocha's spec reporter, with what our own errors say beside their first line, and as the very last line the plain count
// that pipelines read.
const Spec = require("mocha").reporters.Spec;

module.exports = class ClosingLineReporter extends Spec {
    constructor(runner, options) {
        super(runner, options);
        runner.on("fail", (_test, error) => {
            // A UserError: which resource failed and why stands in its details.
            if (typeof error?.render === "function") error.message = error.render();
        });
    }

    epilogue() {
        super.epilogue();
        const { passes, failures, pending } = this.stats;
        console.log(`${passes} passed, ${failures} failed${pending > 0 ? `, ${pending} skipped` : ""}`);
    }
};
