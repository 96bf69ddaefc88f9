import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { harborReleases, knownHarborReleases } from "../../config/catalogue";
import { addedKeys, changedDefaults, removedKeys } from "../../config/chart-changes";
import { changesOf, type PlannedChange } from "../../config/upgrade-changes";
import { projectRoot } from "../../lib/home";

type Values = Readonly<Record<string, unknown>>;

/** Charts whose values.yaml lies beside the project where it is developed. Oldest first. */
const charts = ["1.16.2", "1.17.1", "1.18.4", "1.19.1"] as const;

function officialValues(chart: string): Values | undefined {
    const file = path.resolve(projectRoot, `../shared/data/values/harbor-${chart}.yaml`);
    return existsSync(file) ? (parse(readFileSync(file, "utf8")) as Values) : undefined;
}

/** Every key by its dotted path, with its value. */
function flat(values: unknown, prefix = ""): Map<string, unknown> {
    if (typeof values !== "object" || values === null || Array.isArray(values)) return new Map();
    return new Map(
        Object.entries(values).flatMap(([key, value]) => [
            [prefix + key, value] as const,
            ...flat(value, `${prefix}${key}.`),
        ]),
    );
}

const minorOf = (chart: string): number => Number(chart.split(".")[1]);
const isMap = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);

/** A key that a chart reads before its values.yaml names it otherwise than in a remark. */
const readBefore = ["existingSecretAdminPassword"];

describe("changes of Harbor's chart", () => {
    for (const [index, chart] of charts.slice(1).entries()) {
        const before = charts[index] ?? "";
        const [older, newer] = [officialValues(before), officialValues(chart)];
        const minor = minorOf(chart);

        it(`are the keys that differ between ${before} and ${chart}`, function () {
            if (older === undefined || newer === undefined) this.skip(); // no reference data on this machine
            const [was, is] = [flat(older), flat(newer)];
            const added = [...is.keys()].filter((key) => !was.has(key) && !readBefore.includes(key));
            const removed = [...was.keys()].filter((key) => !is.has(key));
            const adding = addedKeys.filter((entry) => entry.minor === minor);
            const removing = removedKeys.filter((entry) => entry.minor === minor);
            const below = (key: string, top: string): boolean => key === top || key.startsWith(`${top}.`);
            for (const key of added)
                assert.ok(
                    adding.some(({ pattern }) => pattern.test(key)),
                    `${key} is new`,
                );
            for (const { pattern, what } of adding)
                assert.ok(
                    added.some((key) => pattern.test(key)),
                    what,
                );
            for (const key of removed)
                assert.ok(
                    removing.some((entry) => below(key, entry.key)),
                    `${key} is gone`,
                );
            for (const { key } of removing)
                assert.ok(
                    removed.some((gone) => below(gone, key)),
                    key,
                );
            // The other way round: a key that was there is not said to be new.
            for (const key of was.keys())
                assert.ok(!adding.some(({ pattern }) => pattern.test(key)), `${key} was there`);
        });

        it(`are the defaults that differ between ${before} and ${chart}`, function () {
            if (older === undefined || newer === undefined) this.skip(); // no reference data on this machine
            const [was, is] = [flat(older), flat(newer)];
            const changed = [...is]
                .filter(([key, value]) => was.has(key) && !isMap(value))
                .filter(([key, value]) => JSON.stringify(was.get(key)) !== JSON.stringify(value))
                .map(([key]) => key)
                .filter((key) => !key.endsWith("image.tag"));
            const told = changedDefaults.flatMap((entry) =>
                entry.key !== undefined && entry.chart.startsWith(`1.${String(minor)}.0`) ? [entry.key] : [],
            );
            assert.deepEqual(changed.sort(), told.sort());
        });
    }

    it("name charts of the catalogue, and keys that nothing else says something of", () => {
        const known = knownHarborReleases.map((release) => release.chart);
        for (const { chart, what } of changedDefaults) assert.ok(known.includes(chart), what);
        for (const { minor } of [...addedKeys, ...removedKeys])
            assert.ok(
                known.some((chart) => minorOf(chart) === minor),
                String(minor),
            );
        const removed = removedKeys.map(({ key }) => key);
        assert.equal(new Set(removed).size, removed.length);
        // The lab makes older contract charts by leaving keys out, so no installable one may have a key of its own.
        const oldest = minorOf(harborReleases[0]?.chart ?? "");
        for (const { key, minor } of removedKeys) assert.ok(minor <= oldest, key);
    });
});

describe("what changes on a hop", () => {
    function changes(from: string, to: string, values: Values = {}): PlannedChange[] {
        const find = (harbor: string) => {
            const release = knownHarborReleases.find((entry) => entry.harbor === harbor);
            assert.ok(release, harbor);
            return release;
        };
        return changesOf({ from: find(from), to: find(to), values, internalCache: true });
    }
    const sentences = (...hop: Parameters<typeof changes>): string[] => changes(...hop).map(({ sentence }) => sentence);

    it("is nothing between two patches that differ in tags alone", () => {
        assert.deepEqual(changes("2.12.2", "2.12.4"), []);
        assert.deepEqual(changes("2.14.0", "2.14.4"), []);
    });

    it("is the engine and the cache of a patch that swaps them", () => {
        assert.deepEqual(sentences("2.15.1", "2.15.2"), [
            "the internal database is PostgreSQL 18, it was 15",
            "the internal cache is valkey, it was redis",
            "redis.internal.image.repository is valkey-photon, it was redis-photon",
        ]);
    });

    it("says which of the user's values a chart no longer takes", () => {
        const values = { expose: { ingress: { harbor: { labels: { team: "images" } } } } };
        const renamed = changes("2.10.3", "2.12.4", values).filter(({ kind }) => kind === "renamed-key");
        assert.deepEqual(
            renamed.map(({ key, touches }) => [key, touches]),
            [
                ["expose.ingress.harbor.annotations", false],
                ["expose.ingress.harbor.labels", true],
            ],
        );
        assert.match(renamed[1]?.sentence ?? "", /^expose\.ingress\.harbor\.labels is now expose\.ingress\.labels: /);
        const removed = changes("2.8.6", "2.9.5", { notary: { enabled: true } }).filter(({ touches }) => touches);
        assert.deepEqual(
            removed.map(({ kind, key }) => [kind, key]),
            [["removed-key", "notary"]],
        );
    });

    it("leaves out a default that the user's own value stands for", () => {
        const said = (values: Values): boolean =>
            sentences("2.15.1", "2.15.2", values).some((sentence) => sentence.startsWith("redis.internal.image"));
        assert.equal(said({}), true);
        assert.equal(said({ redis: { internal: { image: { repository: "mirror.example.com/valkey" } } } }), false);
    });

    it("says what is the same of many components once", () => {
        const images = sentences("2.14.4", "2.15.1").filter((sentence) => sentence.includes("image.repository"));
        assert.deepEqual(images.length, 1);
        assert.match(images[0] ?? "", /^<component>\.image\.repository names docker\.io/);
    });
});
