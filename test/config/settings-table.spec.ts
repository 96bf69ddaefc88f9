import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { between, partsTable, settingsTable } from "../../config/settings-table";
import { projectRoot } from "../../lib/home";

/** Without what prettier does to a table: padding. */
const squeeze = (text: string): string => text.replace(/ +/g, " ").replace(/-{3,}/g, "---");

describe("table of settings", () => {
    it("has every kind, default and description", () => {
        const table = settingsTable();
        for (const part of [
            "`cluster.kind` | `lab`",
            "`harbor.version`",
            "`2.15.2`",
            "`storage.secretKey`",
            "port on this machine",
        ]) {
            assert.ok(table.includes(part), `${part} is missing in\n${table}`);
        }
        const undescribed = table.split("\n").filter((line) => line.startsWith("| `") && / \| {2}\|$/.test(line));
        assert.deepEqual(undescribed, []);
    });

    for (const [file, table] of [
        ["README.md", partsTable()],
        ["docs/settings.md", settingsTable()],
    ] as const) {
        it(`stands in ${file} as the schema has it: npm run docs writes it`, () => {
            const page = readFileSync(path.join(projectRoot, file), "utf8");
            assert.equal(squeeze(page), squeeze(between(page, "settings", table)));
        });
    }
});
