import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { s3Traits } from "../../components/storage/s3-presets";
import { s3Presets } from "../../config/schema/storage";
import { parseSettings } from "../../config/settings";
import { projectRoot } from "../../lib/home";
import { mistakesOf } from "../support/settings";

const page = readFileSync(path.join(projectRoot, "docs", "storage.md"), "utf8");
const cluster = { kind: "kubeconfig" };

interface Example {
    readonly yaml: string;
    readonly storage: Readonly<Record<string, unknown>>;
    /** Keys that the commands after it set as secrets. */
    readonly secrets: readonly string[];
}

/** Each block of settings, with the commands that stand right after it. */
function examples(): Example[] {
    const blocks = [...page.matchAll(/```(\w+)\n(.*?)```/gs)].map(([, language = "", text = ""]) => ({
        language,
        text,
    }));
    return blocks.flatMap(({ language, text }, index) => {
        if (language !== "yaml") return [];
        const { "anchorage:storage": storage } = parse(text) as { "anchorage:storage": Example["storage"] };
        const next = blocks[index + 1];
        const commands = next?.language === "sh" ? next.text.trim().split("\n") : [];
        const secrets = commands.map((command) => {
            const [, key] = /^pulumi config set --secret --path storage\.(\w+)$/.exec(command) ?? [];
            assert.ok(key !== undefined, command);
            return key;
        });
        return [{ yaml: text, storage, secrets }];
    });
}

describe("docs/storage.md", () => {
    it("has an example of every kind", () => {
        const kinds = new Set(examples().map(({ storage }) => storage["kind"]));
        assert.deepEqual([...kinds].sort(), ["aws", "minio", "nfs", "s3", "swift", "volume"]);
    });

    for (const { yaml, storage, secrets } of examples()) {
        const title = yaml.trim().replaceAll(/\s+/g, " ");
        it(`is right about ${title}`, () => {
            const given = { ...storage, ...Object.fromEntries(secrets.map((key) => [key, "hush-hush"])) };
            assert.equal(parseSettings({ cluster, storage: given }).storage.kind, storage["kind"]);
        });
        for (const key of secrets) {
            it(`is right that ${title} needs ${key}`, () => {
                const others = secrets.filter((other) => other !== key).map((other) => [other, "hush-hush"]);
                const given = { ...storage, ...(Object.fromEntries(others) as object) };
                assert.match(mistakesOf({ cluster, storage: given }).join("\n"), new RegExp(`storage\\.${key}`));
            });
        }
    }

    for (const preset of s3Presets) {
        it(`has the traits of ${preset}`, () => {
            const { region, redirect, driver } = s3Traits(preset, undefined);
            const row = page
                .split("\n")
                .find((line) => line.startsWith(`| \`${preset}\` `) && line.split("|").length === 6);
            const [, , regionCell, redirectCell, beside] = (row ?? "").split("|").map((cell) => cell.trim());
            assert.equal(regionCell, `\`${region}\``);
            assert.equal(redirectCell, redirect ? "yes" : "no");
            if (driver !== undefined) assert.notEqual(beside, "");
        });
    }
});
