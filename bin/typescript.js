"use strict";
// Makes require() read our TypeScript: esbuild takes the types away, and what it made of a file is kept for as long as the
// file is the same. A few lines of our own, since tsx, which does this too, looks into every file and resolves every name
// by itself: a third of a second at each start of a process, of which an `up` has two. Measured by `npm run bench -- program`.
const { createHash } = require("node:crypto");
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const { version } = require("esbuild/package.json");
require("./code-cache");
require("./late-packages");

// To read the map of each file takes a quarter of the time that loading takes, and only the trace of a defect needs it.
if (process.env.ANCHORAGE_DEBUG !== undefined) process.setSourceMapsEnabled(true);

const folder = path.join(__dirname, "..", "node_modules", ".cache", "anchorage");

Module._extensions[".ts"] = (module, file) => {
    const source = readFileSync(file, "utf8");
    const seal = `// ${digest(version, source)}\n`;
    const kept = path.join(folder, `${digest(file).slice(0, 32)}.js`);
    module._compile(read(kept, seal) ?? compile(file, source, kept, seal), file);
};

function digest(...texts) {
    const hash = createHash("sha256");
    for (const text of texts) hash.update(text);
    return hash.digest("hex");
}

/** What was made of exactly that source; undefined where there is nothing. */
function read(kept, seal) {
    try {
        const code = readFileSync(kept, "utf8");
        return code.endsWith(seal) ? code : undefined;
    } catch (error) {
        if (error.code === "ENOENT") return undefined;
        throw error;
    }
}

function compile(file, source, kept, seal) {
    const { code, map } = require("esbuild").transformSync(source, {
        loader: "ts",
        format: "cjs",
        platform: "node",
        target: "node20",
        sourcemap: "external",
        sourcefile: pathToFileURL(file).href,
        // An import() would load a package a second time, as an ES module, that is here already.
        supported: { "dynamic-import": false },
    });
    // The seal comes last: what was cut short has none.
    const whole = `${code}//# sourceMappingURL=${pathToFileURL(`${kept}.map`).pathname}\n${seal}`;
    try {
        mkdirSync(folder, { recursive: true });
        for (const [name, text] of [
            [`${kept}.map`, map],
            [kept, whole],
        ]) {
            const written = `${name}.${process.pid}`;
            writeFileSync(written, text);
            renameSync(written, name); // whoever reads it meanwhile reads all of it
        }
    } catch (error) {
        // A folder that may not be written to, or a full disk: each start translates anew, and goes on.
        if (!["EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT"].includes(error.code)) throw error;
    }
    return whole;
}
