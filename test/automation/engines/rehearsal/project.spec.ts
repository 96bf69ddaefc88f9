import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { readStackConfig, requireReadable } from "../../../../automation/engines/rehearsal/project";
import { ExitCode } from "../../../../lib/errors";
import { told } from "../../../support/rehearsal";

describe("rehearsal engine: a stack's settings", () => {
    let projectRoot: string;
    const write = (name: string, text: string): Promise<void> => writeFile(path.join(projectRoot, name), text);
    const read = (overrides: Record<string, unknown> = {}) => readStackConfig({ projectRoot, stack: "dev", overrides });

    beforeEach(async () => {
        projectRoot = await mkdtemp(path.join(tmpdir(), "anchorage-project-"));
        await write(
            "Pulumi.yaml",
            "name: shop\nruntime: nodejs\nconfig:\n  size:\n    type: integer\n    default: 3\n  plain: text\n",
        );
        await write("package.json", '{"main": "program.ts"}');
    });
    afterEach(() => rm(projectRoot, { recursive: true, force: true }));

    it("are the project's defaults, the stack's own and the overrides, one over the other", async () => {
        await write(
            "Pulumi.dev.yaml",
            "config:\n  shop:on: true\n  deep:\n    list: [1]\n  other:key: 7\n  plain: stack\n",
        );
        const config = await read({ size: 5, empty: undefined });
        assert.deepEqual(config.values, {
            "shop:size": "5",
            "shop:plain": "stack",
            "shop:on": "true",
            "shop:deep": '{"list":[1]}',
            "other:key": "7",
        });
        assert.equal(config.program, path.join(projectRoot, "program.ts"));
    });

    it("that are encrypted are named, unless they are given in clear", async () => {
        await write("Pulumi.dev.yaml", "config:\n  password:\n    secure: v1:abc\n  shop:token:\n    secure: v1:def\n");
        const config = await read({ password: "given" });
        assert.deepEqual(config.encrypted, ["shop:token"]);
        assert.throws(
            () => requireReadable(config, "dev"),
            told(/shop:token in Pulumi.dev.yaml is encrypted/, ExitCode.usage),
        );
        requireReadable(await read({ password: "given", token: "given" }), "dev");
    });

    it("that cannot be read are an error with exit code 2", async () => {
        await write("Pulumi.dev.yaml", "config: [");
        await assert.rejects(read(), told(/Pulumi.dev.yaml cannot be read/, ExitCode.usage));
        await rm(path.join(projectRoot, "Pulumi.yaml"));
        await assert.rejects(read(), told(/Pulumi.yaml does not exist/, ExitCode.usage));
    });
});
