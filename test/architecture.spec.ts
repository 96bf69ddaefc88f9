import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { projectRoot } from "../lib/home";

/**
 * The house rules that a machine can check: who imports whom, where configuration is read, how large a file
 * may grow. A rule that is in the way is changed here, with its reason, or not at all.
 */

const folders = [
    "automation",
    "bench",
    "components",
    "config",
    "examples",
    "harbor",
    "lab",
    "lib",
    "policies",
    "test",
] as const;
type Folder = (typeof folders)[number] | "index.ts";

/** Whom each folder may import, beside itself. */
const mayImport: Readonly<Record<Folder, readonly Folder[]>> = {
    lib: [],
    config: ["lib"],
    components: ["config", "lib"],
    harbor: ["config", "lib"],
    "index.ts": ["components", "config", "harbor"],
    // Of the program, automation knows the contract of its outputs and the catalogue: see below.
    automation: ["config", "harbor", "lib"],
    lab: ["lib"],
    policies: ["config"],
    examples: ["automation"],
    bench: [...folders, "index.ts"],
    test: [...folders, "index.ts"],
};

/** Single files that may do more, and why. */
const exceptions: Readonly<Record<string, readonly Folder[]>> = {
    // Wires the lab to the verbs; no other file of automation knows it.
    "automation/cli-context.ts": ["lab"],
};

/** Lines that a file may have. One idea a file: above this it is two. */
const ceiling = 300;
const larger: Readonly<Record<string, string>> = {
    "test/lab/lab.spec.ts": "one lab's life, in the order in which it is told",
    "test/automation/stack-verbs.spec.ts": "every verb on the same fake engine",
    "test/automation/engines/pulumi.spec.ts": "every call of the engine on the same fake CLI",
    "automation/engines/rehearsal/registration.ts": "one resource's way from goal to outcome",
};

/** Files of automation that know more of the program than the contract of its outputs, and why. */
const settingsReaders: Readonly<Record<string, string>> = {
    "automation/live-kubernetes.ts": "asks the cluster that the settings name, before anything is on record",
    "automation/plan.ts": "explains what the settings say, where no engine is asked and no cluster is looked at",
    "automation/preflight.ts": "compares the settings with what is installed, before an engine is let at it",
    "automation/readable-settings.ts":
        "reads them for plan.ts, for preflight.ts and for a rehearsal, where no engine is asked",
    "automation/rehearsal-lab.ts": "has the charts of the operators that the settings need put into the lab",
    "automation/upgrade/plan.ts": "plans by the parts that the settings name, before anything is touched",
    "automation/lab-charts.ts": "makes the charts of the versions that the settings name",
    "automation/upgrade/chart-arguments.ts": "finds an operator's chart where the settings say that charts are",
    "automation/upgrade/engine-for.ts": "has the charts of a hop's operators put into the lab",
    "automation/upgrade/live-parts.ts": "looks for the parts that the settings name",
    "automation/upgrade/record.ts": "keeps the ids of operators as the settings have them",
    "automation/render/upgrade-plan.ts": "shows what is expected of these parts",
    "automation/render/plan.ts": "shows the parts that plan.ts finds in the settings",
    "automation/render/plan-mermaid.ts": "draws them",
};

function sources(folder: string): string[] {
    return readdirSync(path.join(projectRoot, folder), { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
        .map((entry) => path.relative(projectRoot, path.join(entry.parentPath, entry.name)))
        .filter((file) => !file.includes("node_modules"));
}

const files = ["index.ts", ...folders.flatMap(sources)];
const text = (file: string): string => readFileSync(path.join(projectRoot, file), "utf8");

function importsOf(file: string): string[] {
    return [...text(file).matchAll(/(?:from|import|require|import\()\s*\(?"(\.[^"]+)"/g)].map(([, target = ""]) =>
        path.relative(projectRoot, path.resolve(projectRoot, path.dirname(file), target)),
    );
}

function folderOf(file: string): Folder | undefined {
    const [head] = file.split(path.sep);
    if (file === "index" || file === "index.ts") return "index.ts";
    return folders.find((folder) => folder === head);
}

describe("architecture", () => {
    it("has sources to look at", () => {
        assert.ok(files.length > 100, `${String(files.length)} files`);
    });

    it("imports in one direction only", () => {
        const wrong = files.flatMap((file) => {
            const own = folderOf(file);
            assert.ok(own, file);
            const allowed = [own, ...mayImport[own], ...(exceptions[file] ?? [])];
            return importsOf(file)
                .map((target) => ({ target, folder: folderOf(target) }))
                .filter(({ folder }) => folder !== undefined && !allowed.includes(folder))
                .map(({ target }) => `${file} imports ${target}`);
        });
        assert.deepEqual(wrong, []);
    });

    it("lets components know each other through the registry alone", () => {
        const parts = sources("components").filter(
            (file) => /^components\/[a-z]+\.ts$/.test(file) && text(file).includes("extends pulumi.ComponentResource"),
        );
        assert.ok(parts.length > 8, parts.join(", "));
        const wrong = parts.flatMap((file) =>
            importsOf(file)
                .filter((target) => file !== "components/registry.ts" && parts.includes(`${target}.ts`))
                .map((target) => `${file} imports ${target}`),
        );
        assert.deepEqual(wrong, []);
    });

    it("lets automation know of the program its outputs' contract and the catalogue alone", () => {
        // The last three say what follows from the catalogue: ways between its releases, parts, and charts that stand for them.
        const known = ["contract", "catalogue", "upgrade-plan", "upgrade-parts", "contract-chart"].map(
            (name) => `config/${name}`,
        );
        const wrong = sources("automation")
            .filter((file) => !(file in settingsReaders))
            .flatMap((file) =>
                importsOf(file)
                    .filter((target) => target.startsWith("config/") && !known.includes(target))
                    .map((target) => `${file} imports ${target}`),
            );
        assert.deepEqual(wrong, []);
    });

    it("reads Pulumi's configuration in config/read-settings.ts alone", () => {
        const readers = files.filter(
            (file) => !/^(test|bench)\//.test(file) && /new pulumi\.Config\(|\ballConfig\(/.test(text(file)),
        );
        assert.deepEqual(readers, ["config/read-settings.ts"]);
    });

    it("prints and ends the process in the command line's own files alone", () => {
        const allowed = [
            "automation/cli.ts",
            "automation/engines/rehearsal/child.ts",
            "config/write-settings-table.ts",
            "lab/tools/share-modules.ts",
        ];
        const wrong = files.filter(
            (file) =>
                !/^(test|bench|examples)\//.test(file) &&
                !allowed.includes(file) &&
                /console\.|process\.exit\(/.test(text(file)),
        );
        assert.deepEqual(wrong, []);
    });

    it("keeps files small", () => {
        const wrong = files.flatMap((file) => {
            const lines = text(file).split("\n").length - 1;
            return lines > ceiling && !(file in larger) ? [`${file}: ${String(lines)} lines`] : [];
        });
        assert.deepEqual(wrong, []);
    });

    it("names no path of the machine that it was written on", () => {
        const marks = ["/work" + "/", "/root" + "/"];
        const wrong = files.filter((file) =>
            marks.some((mark) => text(file).includes(`"${mark}`) || text(file).includes(` ${mark}`)),
        );
        assert.deepEqual(wrong, []);
    });
});
