"use strict";
// What is made of source files, kept below node_modules/.cache for the next process.
const { createHash } = require("node:crypto");
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const path = require("node:path");

/** A folder of it, by its name. */
exports.keptFolder = (...names) => path.join(__dirname, "..", "node_modules", ".cache", ...names);

/** Where what is made of a file is kept: one place for each, so that an edit leaves nothing behind. */
exports.keptPath = (folder, file) => path.join(folder, digest(file).toString("hex").slice(0, 32));

/** SHA-256 of all of them, one after the other. */
function digest(...parts) {
    const hash = createHash("sha256");
    for (const part of parts) hash.update(part);
    return hash.digest();
}
exports.digest = digest;

/** Undefined where there is no such file. */
exports.readKept = (file) => {
    try {
        return readFileSync(file);
    } catch (error) {
        if (error.code === "ENOENT") return undefined;
        throw error;
    }
};

/** Each of [path, content]; whoever reads one meanwhile reads all of it. */
exports.keep = (entries) => {
    try {
        for (const [file, content] of entries) {
            mkdirSync(path.dirname(file), { recursive: true });
            const written = `${file}.${process.pid}`;
            writeFileSync(written, content);
            renameSync(written, file);
        }
    } catch (error) {
        // A folder that may not be written to, or a full disk: the next process makes it anew, and goes on.
        if (!["EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT"].includes(error.code)) throw error;
    }
};
