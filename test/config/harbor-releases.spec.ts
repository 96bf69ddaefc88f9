import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { compare, minor, patch, valid } from "semver";
import {
    bundledPostgresql,
    checkedOn,
    defaultHarborVersion,
    findHarborRelease,
    harborReleases,
    knownHarborReleases,
    minorOf,
    olderHarborReleases,
    type HarborRelease,
} from "../../config/catalogue";
import { projectRoot } from "../../lib/home";

/** Each release with the one before it. */
const pairs = knownHarborReleases.slice(1).map((release, index) => ({ before: knownHarborReleases[index], release }));

function both(check: (before: HarborRelease, release: HarborRelease) => boolean, what: string): void {
    for (const { before, release } of pairs) {
        assert.ok(before);
        assert.ok(check(before, release), `${what}: ${before.harbor}, ${release.harbor}`);
    }
}

describe("catalogue of Harbor's releases", () => {
    it("has each release once, the oldest first, with a chart of its own", () => {
        both((before, release) => compare(before.harbor, release.harbor) < 0, "in order");
        both((before, release) => compare(before.chart, release.chart) < 0, "charts in order");
        for (const { harbor, chart } of knownHarborReleases) {
            assert.ok(valid(harbor) !== null && valid(chart) !== null, harbor);
            // The chart's versions follow Harbor's: 1.19.2 installs 2.15.2.
            assert.deepEqual([minor(chart), patch(chart)], [minor(harbor) + 4, patch(harbor)], harbor);
        }
    });

    it("leaves out no patch and no minor version", () => {
        both(
            (before, release) =>
                minorOf(before.harbor) === minorOf(release.harbor)
                    ? patch(release.harbor) === patch(before.harbor) + 1
                    : minor(release.harbor) === minor(before.harbor) + 1 && patch(release.harbor) === 0,
            "no gap",
        );
    });

    it("is dated, each patch after the one before it, none after the day of the last comparison", () => {
        for (const { harbor, released, source } of knownHarborReleases) {
            assert.match(released, /^20\d\d-(0[1-9]|1[0-2])-([0-2]\d|3[01])$/, harbor);
            assert.ok(released <= checkedOn, harbor);
            assert.match(source, /^goharbor\/harbor-helm, /, harbor);
        }
        both(
            (before, release) =>
                minorOf(before.harbor) !== minorOf(release.harbor) || before.released < release.released,
            "dates in order",
        );
    });

    it("only ever goes forward: schema, PostgreSQL, cache", () => {
        both((before, release) => before.schema <= release.schema, "schema");
        both((before, release) => before.postgresql.major <= release.postgresql.major, "PostgreSQL");
        both((before, release) => !(before.cache === "valkey" && release.cache === "redis"), "cache");
        // A minor version migrates the schema at least once.
        both(
            (before, release) => minorOf(before.harbor) === minorOf(release.harbor) || before.schema < release.schema,
            "schema of a minor version",
        );
    });

    it("numbers a migration by its minor version: 2.14.1's is 171", () => {
        for (const { harbor, schema } of knownHarborReleases)
            assert.equal(Math.floor(schema / 10), minor(harbor) + 3, harbor);
    });

    it("has for each PostgreSQL an image that reads the one before it", () => {
        both(
            ({ postgresql: before }, { postgresql: after }) =>
                before.major === after.major || after.rewrites === before.major,
            "no engine is skipped",
        );
        for (const { harbor, postgresql } of knownHarborReleases)
            if (postgresql.rewrites !== undefined) assert.ok(postgresql.rewrites < postgresql.major, harbor);
    });

    it("knows the PostgreSQL of a release by its number, listed or not", () => {
        for (const { harbor, postgresql } of knownHarborReleases)
            assert.equal(bundledPostgresql(harbor), postgresql.major, harbor);
        assert.equal(bundledPostgresql("2.7.4"), undefined);
        assert.equal(bundledPostgresql("2.15.3"), 18);
    });

    it("names ranges of Kubernetes, the same for all patches of a minor version", () => {
        for (const { harbor, testedKubernetes } of knownHarborReleases) {
            if (testedKubernetes === undefined) continue;
            const { from, to } = testedKubernetes;
            assert.match(`${from} ${to}`, /^1\.\d\d 1\.\d\d$/, harbor);
            assert.ok(from <= to, harbor);
        }
        both(
            (before, release) =>
                minorOf(before.harbor) !== minorOf(release.harbor) ||
                before.testedKubernetes === release.testedKubernetes,
            "Kubernetes",
        );
    });

    it("installs the newer ones, and the default among them", () => {
        assert.deepEqual(knownHarborReleases, [...olderHarborReleases, ...harborReleases]);
        assert.equal(findHarborRelease(defaultHarborVersion)?.harbor, harborReleases.at(-1)?.harbor);
        for (const { harbor } of olderHarborReleases) assert.equal(findHarborRelease(harbor), undefined, harbor);
    });

    it("is told in docs/upgrade.md as it is", () => {
        const page = readFileSync(path.join(projectRoot, "docs/upgrade.md"), "utf8");
        const rows = [...page.matchAll(/^\| (2\.\d+(?:\.\d+)?) +\| (1\.\d+) +\|(.*)\|$/gm)];
        assert.deepEqual(
            [...new Set(rows.map(([, harbor = ""]) => minorOf(harbor)))],
            [...new Set(harborReleases.map(({ harbor }) => minorOf(harbor)))],
        );
        for (const [, harbor = "", chart, cells = ""] of rows) {
            const release = harborReleases.find((entry) => entry.harbor === harbor || minorOf(entry.harbor) === harbor);
            assert.ok(release, harbor);
            const schemas = new Set(
                harborReleases.filter((entry) => minorOf(entry.harbor) === harbor).map(({ schema }) => schema),
            );
            const { postgresql, cache, schema, testedKubernetes: tested } = release;
            assert.equal(chart, minorOf(release.chart));
            assert.deepEqual(
                cells.split("|").map((cell) => cell.trim()),
                [
                    `${String(postgresql.major)} (reads ${String(postgresql.rewrites)})`,
                    { redis: "Redis", valkey: "Valkey" }[cache],
                    schemas.size === 0 ? String(schema) : [...schemas].join(", "),
                    tested === undefined ? "not said" : `${tested.from} to ${tested.to}`,
                ],
                harbor,
            );
        }
    });
});
