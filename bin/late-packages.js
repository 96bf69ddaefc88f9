"use strict";
// The Pulumi SDK requires these when it is loaded, and uses them only to serialise functions, which this program does
// without (components/dynamic-resource.ts): so they are loaded at their first use. They are half of the SDK's own start:
// 0.7 s of each preview. Measured by `npm run bench -- program`.
const Module = require("node:module");
const path = require("node:path");

const late = new Set(["typescript", "@npmcli/arborist"]);
const sdk = path.join("node_modules", "@pulumi", "pulumi") + path.sep;
const load = Module._load;

Module._load = function (request, parent, isMain) {
    const isLate = late.has(request) && parent?.filename?.includes(sdk);
    return isLate ? atFirstUse(() => load(request, parent, isMain)) : load(request, parent, isMain);
};

/** Stands for a module that is loaded when one of its exports is asked for. */
function atFirstUse(loadModule) {
    let loaded;
    const module = () => (loaded ??= loadModule());
    return new Proxy(
        {},
        {
            // Asked by TypeScript's helper for imports, which would copy every export of what is no ES module.
            get: (_, name) => (name === "__esModule" ? true : module()[name]),
            has: (_, name) => name in module(),
            ownKeys: () => Reflect.ownKeys(module()),
            getOwnPropertyDescriptor: (_, name) => ({
                ...Object.getOwnPropertyDescriptor(module(), name),
                configurable: true,
            }),
        },
    );
}
