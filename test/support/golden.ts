import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { projectRoot } from "../../lib/home";

/** Compares with test/golden/<name>; UPDATE_GOLDEN=1 writes it instead. */
export function assertGolden(name: string, actual: string): void {
    const file = path.join(projectRoot, "test", "golden", name);
    if (process.env["UPDATE_GOLDEN"] === "1") {
        mkdirSync(path.dirname(file), { recursive: true });
        writeFileSync(file, actual);
        return;
    }
    assert.ok(existsSync(file), `${name} does not exist: UPDATE_GOLDEN=1 writes it`);
    assert.equal(
        actual,
        readFileSync(file, "utf8"),
        `${name} differs: if that is right, UPDATE_GOLDEN=1 writes it anew`,
    );
}
