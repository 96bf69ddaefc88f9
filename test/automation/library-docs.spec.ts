import assert from "node:assert/strict";
import path from "node:path";
import { exec, ExecFailure } from "../../lib/exec";
import { projectRoot } from "../../lib/home";

describe("the reference of the library", () => {
    it("has everything that its functions name, without a warning of TypeDoc", async function () {
        this.timeout(300_000);
        const typedoc = path.join(projectRoot, "node_modules", ".bin", "typedoc");
        try {
            await exec(typedoc, ["--emit", "none"], { cwd: projectRoot });
        } catch (error) {
            assert.fail(error instanceof ExecFailure ? error.stdout + error.stderr : String(error));
        }
    });
});
