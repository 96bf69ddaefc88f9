import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { projectRoot } from "../lib/home";
import { between, partsTable, settingsTable } from "./settings-table";

/** `npm run docs`: writes the tables of settings anew. */
for (const [file, table] of [
    ["README.md", partsTable()],
    ["docs/settings.md", settingsTable()],
] as const) {
    const page = path.join(projectRoot, file);
    writeFileSync(page, between(readFileSync(page, "utf8"), "settings", table));
}
