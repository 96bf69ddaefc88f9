import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { exec } from "../../lib/exec";
import { listLabs, resetLab } from "../../lab/lab";
import { testBinaries } from "./lab";

// A test that fails is to say where (bin/typescript.js).
process.setSourceMapsEnabled(true);

/**
 * Mocha loads this before every spec: labs and states of the tests lie in a folder of their own, never in the
 * user's, and are gone when the run ends, also after Ctrl-C.
 */
const home = mkdtempSync(path.join(tmpdir(), "anchorage-test-"));
process.env["ANCHORAGE_HOME"] = home;

async function endLabs(): Promise<void> {
    process.env["ANCHORAGE_HOME"] = home;
    const names = await listLabs();
    if (names.length > 0) {
        const binaries = await testBinaries();
        await Promise.all(names.map((name) => resetLab({ name, binaries, exec })));
    }
    rmSync(home, { recursive: true, force: true });
}

export const mochaHooks = {
    async afterAll(this: Mocha.Context): Promise<void> {
        this.timeout(120_000);
        await endLabs();
    },
};

// Mocha itself runs no hook then.
for (const [name, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
] as const)
    process.once(name, () => {
        endLabs().then(
            () => process.exit(code),
            (error: unknown) => {
                console.error(error);
                process.exit(1);
            },
        );
    });
