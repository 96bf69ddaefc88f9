"use strict";
// Makes require() read our TypeScript, through tsx. Packages are JavaScript already (ES modules among them are Node's
// own business since 20.19), and to look into each of their files for something to translate takes longer than to load
// them: more than a second at every start for the 780 files of the Pulumi SDK.
const path = require("node:path");
require("./late-packages");

const packages = `${path.sep}node_modules${path.sep}`;
const plain = require.extensions[".js"];
require("tsx/cjs");
const translating = require.extensions[".js"];
// To read the map of each file takes a quarter of the time that loading takes, and only the trace of a defect needs it.
if (process.env.ANCHORAGE_DEBUG === undefined) process.setSourceMapsEnabled(false);

require.extensions[".js"] = (module, file) => {
    (file.includes(packages) ? plain : translating)(module, file);
};
