"use strict";
// The Pulumi SDK requires these when it is loaded. It uses the packages only to serialise functions, which this program
// does without (components/dynamic-resource.ts), and its Automation API only where a program asks for it: so they are
// loaded at their first use. They are more than half of the SDK's own start: 0.8 s of each preview. Measured by
// `npm run bench -- program`.
const Module = require("node:module");
const path = require("node:path");

const late = new Set(["typescript", "@npmcli/arborist", "normalize-package-data", "fdir", "./automation"]);
const sdk = path.join("node_modules", "@pulumi", "pulumi") + path.sep;
const load = Module._load;

Module._load = function (request, parent, isMain) {
    const isLate = late.has(request) && parent?.filename?.includes(sdk);
    return isLate ? atFirstUse(() => load(request, parent, isMain)) : load(request, parent, isMain);
};

/** Stands for a module that is loaded when it is called, or when one of its exports is asked for. */
function atFirstUse(loadModule) {
    let loaded;
    const module = () => (loaded ??= loadModule());
    return new Proxy(() => undefined, {
        apply: (_, self, args) => Reflect.apply(module(), self, args),
        // Asked by TypeScript's helper for imports, which would copy every export of what is no ES module.
        get: (_, name) => (name === "__esModule" ? true : exported(module(), name)),
        has: (_, name) => name in module(),
        ownKeys: () => Reflect.ownKeys(module()),
        getOwnPropertyDescriptor: (_, name) => ({
            ...Object.getOwnPropertyDescriptor(module(), name),
            configurable: true,
        }),
    });
}

/** As Node gives it to an ES module: what is no ES module is its own default export. */
function exported(module, name) {
    return name === "default" && !module.__esModule ? module : module[name];
}
