import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { projectRoot } from "../lib/home";
import { between, settingsTable } from "./settings-table";

/** `npm run docs`: writes README's table of settings anew. */
const readme = path.join(projectRoot, "README.md");
writeFileSync(readme, between(readFileSync(readme, "utf8"), "settings", settingsTable()));
