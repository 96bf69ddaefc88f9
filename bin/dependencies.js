"use strict";
// Runs before `npm start` and `npm test`, when nothing may be installed yet: plain Node, no dependency.
// Installs the npm dependencies exactly as package-lock.json pins them, unless that was done already.
const { spawnSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const { existsSync, readFileSync, writeFileSync } = require("node:fs");
const path = require("node:path");

const root = path.resolve(__dirname, "..");
const marker = path.join(root, "node_modules", ".anchorage-installed");

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
    console.error(
        `error Node.js 20.19 or newer is needed, this is ${process.versions.node}\n  next: install it from https://nodejs.org`,
    );
    process.exit(2);
}

// Native add-ons and optional packages depend on the platform, so it counts too.
const wanted = createHash("sha256")
    .update(readFileSync(path.join(root, "package-lock.json")))
    .update(`${process.platform} ${process.arch} ${major}`)
    .digest("hex");
if (existsSync(marker) && readFileSync(marker, "utf8") === wanted) process.exit(0);

console.log("installing the npm dependencies (npm ci)");
const npm = process.platform === "win32" ? "npm.cmd" : "npm";
const { status, error } = spawnSync(npm, ["ci", "--no-fund", "--no-audit"], { cwd: root, stdio: "inherit" });
if (error) {
    console.error(
        `error npm could not be started: ${error.message}\n  next: install npm, or run npm ci by hand in ${root}`,
    );
    process.exit(1);
}
if (status !== 0) process.exit(status ?? 1);
writeFileSync(marker, wanted);
