import assert from "node:assert/strict";
import path from "node:path";
import { exec } from "../../lib/exec";
import { projectRoot } from "../../lib/home";

/** What `bin/late-packages.js` holds back of Pulumi's SDK: not loaded with it, and whole once it is used. */
describe("bin/late-packages", () => {
    /** Runs code in a process that has loaded the SDK. @returns the packages of it that are loaded in the end */
    async function loadedAfter(code: string): Promise<string[]> {
        const script = `
            require(${JSON.stringify(path.join(projectRoot, "bin", "typescript.js"))});
            const pulumi = require("@pulumi/pulumi");
            const assert = require("node:assert/strict");
            (async () => {
                ${code}
                const files = Object.keys(require.cache);
                const late = ["typescript/lib", "@npmcli/arborist/", "normalize-package-data/", "fdir/", "pulumi/automation/index", "@grpc/grpc-js/", "@opentelemetry/api/", "zod/v4/locales/de"];
                console.log(JSON.stringify(late.filter((name) => files.some((file) => file.includes(name)))));
            })();`;
        const { stdout } = await exec(process.execPath, ["--eval", script], { cwd: projectRoot });
        return JSON.parse(stdout) as string[];
    }

    it("loads none of them with the SDK", async () => {
        assert.deepEqual(await loadedAfter(""), []);
    });

    it("loads the Automation API when it is asked for", async () => {
        const code = `assert.equal(typeof pulumi.automation.LocalWorkspace.create, "function");`;
        assert.deepEqual(await loadedAfter(code), ["pulumi/automation/index"]);
    });

    it("speaks gRPC with Pulumi's engine", async () => {
        const code = `
            const settings = require("@pulumi/pulumi/runtime/settings");
            settings.resetOptions("project", "stack", 1, "127.0.0.1:1", "127.0.0.1:1", false, "organization");
            assert.equal(typeof settings.getEngine().log, "function");
            settings.getEngine().close();`;
        assert.deepEqual(await loadedAfter(code), ["@grpc/grpc-js/"]);
    });

    it("has every language of zod's messages", async () => {
        const loaded = await loadedAfter(`
            const { z } = require("zod");
            assert.match(z.string().safeParse(1).error.issues[0].message, /expected string/);
            assert.match(z.locales.de().localeError({ code: "invalid_type", expected: "string", input: 1 }), /erwartet/);`);
        assert.deepEqual(loaded, ["zod/v4/locales/de"]);
    });

    it("serialises a function, and finds the packages that it needs", async () => {
        const loaded = await loadedAfter(`
            const { text } = await pulumi.runtime.serializeFunction(() => 42);
            assert.match(text, /42/);
            const paths = await pulumi.runtime.computeCodePaths();
            assert.ok([...paths.keys()].some((name) => name.includes("node_modules")));`);
        assert.ok(loaded.includes("typescript/lib"));
        assert.ok(loaded.includes("@npmcli/arborist/"));
    });
});
