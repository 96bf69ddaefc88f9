"use strict";
// Makes require() read our TypeScript: esbuild takes the types away, and what it made of a file is kept for as long as the
// file is the same. A few lines of our own, since tsx, which does this too, looks into every file and resolves every name
// by itself: a third of a second at each start of a process, of which an `up` has two. Measured by `npm run bench -- program`.
const { readFileSync } = require("node:fs");
const Module = require("node:module");
const { pathToFileURL } = require("node:url");
const { version } = require("esbuild/package.json");
const { digest, keep, keptFolder, keptPath, readKept } = require("./kept");
require("./code-cache");
require("./late-packages");

// To read the map of each file takes a quarter of the time that loading takes, and only the trace of a defect needs it.
if (process.env.ANCHORAGE_DEBUG !== undefined) process.setSourceMapsEnabled(true);

const folder = keptFolder("anchorage");

Module._extensions[".ts"] = (module, file) => {
    const source = readFileSync(file, "utf8");
    const seal = `// ${digest(version, source).toString("hex")}\n`;
    const kept = `${keptPath(folder, file)}.js`;
    module._compile(read(kept, seal) ?? compile(file, source, kept, seal), file);
};

/** What was made of exactly that source; undefined where there is nothing. */
function read(kept, seal) {
    const code = readKept(kept)?.toString();
    return code?.endsWith(seal) ? code : undefined;
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
    keep([
        [`${kept}.map`, map],
        [kept, whole],
    ]);
    return whole;
}
