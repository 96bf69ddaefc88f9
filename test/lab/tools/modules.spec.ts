import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { toolCatalogue } from "../../../lab/tools/catalogue";
import { builtVersions, differing, edits } from "../../../lab/tools/modules";

const one = `module one

go 1.26.0

require example.com/tool v1.2.3 // indirect

require (
	example.com/shared v1.0.0 // indirect
	example.com/staged v0.0.0
	example.com/forked v0.1.0
)

replace (
	example.com/staged => example.com/staged v0.37.2
	example.com/forked => example.com/our/fork v0.2.0
)

tool example.com/tool/cmd/tool
`;

describe("modules of the lab's tools", () => {
    it("are read from go.mod, with what replaces them", () => {
        assert.deepEqual(Object.fromEntries(builtVersions(one)), {
            "example.com/tool": "v1.2.3",
            "example.com/shared": "v1.0.0",
            "example.com/staged": "v0.37.2",
            "example.com/forked": "v0.2.0",
        });
        assert.deepEqual([...builtVersions("module a\n\nreplace b => ../b\n")], []);
    });

    it("are given another version where they are not replaced", () => {
        const wanted = new Map([
            ["example.com/shared", "v1.1.0"],
            ["example.com/staged", "v0.38.0"],
            ["example.com/forked", "v0.3.0"],
            ["example.com/tool", "v1.2.3"],
            ["example.com/of-another", "v9.0.0"],
        ]);
        assert.deepEqual(edits(one, wanted), ["-require=example.com/shared@v1.1.0"]);
    });

    it("that differ are told, with who has which", () => {
        const two = "require example.com/shared v1.1.0\nrequire example.com/staged v0.37.2\n";
        const mods = new Map([
            ["one", one],
            ["two", two],
            ["three", two],
        ]);
        assert.deepEqual(differing(mods), ["example.com/shared: v1.0.0 (one), v1.1.0 (two, three)"]);
    });

    it("have one version in all of them, so that Go compiles a package once (else: npm run pins)", () => {
        const mods = new Map(
            toolCatalogue.map(({ name, folder }) => [name, readFileSync(path.join(folder, "go.mod"), "utf8")]),
        );
        assert.ok(builtVersions(mods.get("kubernetes") ?? "").size > 100);
        assert.deepEqual(differing(mods), []);
    });
});
