"use strict";
// What packages require when they are loaded, and most processes never use, is loaded at its first use. The Pulumi SDK needs
// some only to serialise functions, which this program does without (components/dynamic-resource.ts), its Automation API
// only where a program asks for it, and gRPC only where Pulumi's own engine runs; zod has its messages in fifty languages.
// Together they take longer to load than all else: a second of each preview. Measured by `npm run bench -- program`.
const Module = require("node:module");
const path = require("node:path");

const { sep } = path;

/** What requires it, and by which names. */
const late = [
    {
        of: `${sep}@pulumi${sep}pulumi${sep}`,
        names: /^(typescript|@npmcli\/arborist|normalize-package-data|fdir|semver|@grpc\/grpc-js|@opentelemetry\/api|\.\/automation|.*_grpc_pb)$/,
    },
    { of: `${sep}zod${sep}`, names: /\/locales\/index\.cjs$/ },
];
const load = Module._load;

Module._load = function (request, parent, isMain) {
    const isLate = late.some(({ of, names }) => names.test(request) && parent?.filename?.includes(of));
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
