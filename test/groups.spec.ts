import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { projectRoot } from "../lib/home";
import { groupsOf, longest } from "./support/groups";

describe("the groups in which specs run", () => {
    const specs = readdirSync(path.join(projectRoot, "test"), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".spec.ts"))
        .map((file) => path.join("test", file))
        .map((file) => ({ file, text: readFileSync(path.join(projectRoot, file), "utf8") }));
    const groups = groupsOf(specs);

    it("have each spec once", () => {
        const all = groups.flatMap(({ files }) => files);
        assert.deepEqual(all.toSorted(), specs.map(({ file }) => file).toSorted());
    });

    it("begin with the longest, which are all there", () => {
        assert.deepEqual(
            groups.slice(0, longest.length).map(({ name }) => name),
            longest,
        );
    });

    it("keep those together that share a lab, and apart those that start one", () => {
        const made = groupsOf([
            { file: "test/lab/a.spec.ts", text: "await sharedLab()" },
            { file: "test/lab/b.spec.ts", text: "await engineLab()" },
            { file: "test/lab/c.spec.ts", text: 'await startLab({ name: "c" })' },
            { file: "test/lab/d/e.spec.ts", text: '"--stack", "lab-backup"' },
            { file: "test/lab/f.spec.ts", text: "" },
            { file: "test/g.spec.ts", text: "" },
        ]);
        assert.deepEqual(Object.fromEntries(made.map(({ name, files }) => [name, files.length])), {
            shared: 2,
            c: 1,
            "d/e": 1,
            "parts of a lab": 1,
            "without a lab": 1,
        });
    });
});
