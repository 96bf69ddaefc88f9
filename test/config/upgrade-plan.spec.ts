import assert from "node:assert/strict";
import { compare, minor } from "semver";
import { knownHarborReleases, type HarborRelease } from "../../config/catalogue";
import { isLegal } from "../../config/harbor-hop";
import { canRead, isHop, shortestChain } from "../../config/upgrade-chain";
import { findKnownRelease, planUpgrade, type UpgradePlan, type UpgradeWish } from "../../config/upgrade-plan";

type Parts = Omit<UpgradeWish, "from" | "to">;

const outside: Parts = { internalDatabase: false, internalCache: false };
const inside: Parts = { internalDatabase: true, internalCache: true };

function plan(from: string, to: string, parts: Parts = outside, engineChange = false): UpgradePlan {
    return planUpgrade({ from, to, ...parts }, { engineChange });
}

const way = ({ hops }: UpgradePlan): string[] => hops.map(({ to }) => to);
const refused = ({ refusals }: UpgradePlan): string[] => refusals.map(({ kind }) => kind);

describe("plan of an upgrade", () => {
    it("goes over two minor versions at a time, to the newest patches", () => {
        assert.deepEqual(way(plan("2.12.2", "2.15.2")), ["2.14.4", "2.15.2"]);
        assert.deepEqual(way(plan("2.13.0", "2.15.1")), ["2.15.1"]);
        assert.deepEqual(way(plan("2.9.1", "2.15.2")), ["2.11.2", "2.13.5", "2.15.2"]);
        assert.deepEqual(way(plan("2.15.0", "2.15.1")), ["2.15.1"]);
        assert.deepEqual(plan("2.15.2", "2.15.2", inside), {
            from: "2.15.2",
            to: "2.15.2",
            hops: [],
            refusals: [],
            warnings: [],
        });
    });

    it("takes the newest patch of a minor version", () => {
        const { from, to, hops } = plan("2.9", "2.15");
        assert.deepEqual([from, to], ["2.9.5", "2.15.2"]);
        assert.equal(hops.length, 3);
        assert.equal(findKnownRelease("2.7"), undefined);
        assert.equal(findKnownRelease("2.1"), undefined);
        assert.throws(() => plan("2.12.2", "9.9.9"), /9\.9\.9 is not in the catalogue/);
    });

    it("names charts, migrations and what the images bring", () => {
        const [hop, ...others] = plan("2.14.4", "2.15.2", inside, true).hops;
        assert.deepEqual(others, []);
        assert.deepEqual(
            { ...hop, changes: [] },
            {
                from: "2.14.4",
                to: "2.15.2",
                fromChart: "1.18.4",
                chart: "1.19.2",
                schema: { from: 171, to: 180 },
                migratesSchema: true,
                engineChange: { from: 15, to: 18 },
                cacheChange: { from: "redis", to: "valkey" },
                installable: true,
                changes: [],
            },
        );
        const [patch] = plan("2.15.1", "2.15.2").hops;
        assert.equal(patch?.migratesSchema, false);
        assert.equal(patch.engineChange, undefined);
        assert.equal(patch.cacheChange, undefined);
    });

    it("is refused where the internal database would be rewritten and nobody agreed", () => {
        assert.deepEqual(refused(plan("2.15.1", "2.15.2", inside)), ["engine-change"]);
        assert.deepEqual(refused(plan("2.15.1", "2.15.2", inside, true)), []);
        assert.deepEqual(refused(plan("2.15.1", "2.15.2")), []);
        assert.deepEqual(refused(plan("2.12.2", "2.15.1", inside)), []);
        // Each rewrite is a reason of its own: 13 to 14, 14 to 15, 15 to 18.
        const plan28 = plan("2.8.6", "2.15.2", inside);
        assert.deepEqual(way(plan28), ["2.10.3", "2.12.4", "2.14.4", "2.15.2"]);
        assert.deepEqual(refused(plan28), ["engine-change", "engine-change", "engine-change"]);
        assert.match(
            plan28.refusals[2]?.sentence ?? "",
            /2\.14\.4 to 2\.15\.2 .* PostgreSQL 15 to 18 .*--accept-engine-change/,
        );
    });

    it("is refused downwards, whatever was agreed to", () => {
        assert.deepEqual(refused(plan("2.15.2", "2.15.1", inside, true)), ["downgrade"]);
        assert.match(plan("2.15.2", "2.14").refusals[0]?.sentence ?? "", /2\.14\.4 is older than 2\.15\.2.*rollback/);
    });

    it("looks at the cluster's Kubernetes: too old is refused, untested is said", () => {
        const on = (kubernetes: string) => plan("2.13.5", "2.14.4", { ...outside, kubernetes });
        assert.deepEqual(refused(on("1.19")), ["kubernetes"]);
        assert.deepEqual([refused(on("1.33")), on("1.33").warnings], [[], []]);
        for (const untested of ["1.31", "1.35"]) {
            assert.deepEqual(refused(on(untested)), []);
            assert.match(
                on(untested).warnings.join(),
                new RegExp(`Kubernetes ${untested.replace(".", "\\.")}.*1\\.32 to 1\\.34`),
            );
        }
        assert.deepEqual(plan("2.14.4", "2.15.2", { ...outside, kubernetes: "1.40" }).warnings, []);
    });

    it("says which hops this program does not make", () => {
        assert.match(
            plan("2.9.5", "2.13.5").warnings.join(),
            /2\.9\.5 to 2\.11\.2: this program does not install 2\.11\.2.*1\.15\.2/,
        );
        assert.deepEqual(plan("2.10.3", "2.12.4").warnings, []);
    });
});

/** The fewest hops between each two releases, by trying all ways: Floyd and Warshall's algorithm. */
function fewestHops(releases: readonly HarborRelease[], internal: boolean): number[][] {
    const hops = releases.map((from) =>
        releases.map((to) => (from === to ? 0 : allowed(from, to, internal) ? 1 : Infinity)),
    );
    for (const [middle] of releases.entries())
        for (const row of hops)
            for (const [to] of releases.entries())
                row[to] = Math.min(row[to] ?? Infinity, (row[middle] ?? Infinity) + (hops[middle]?.[to] ?? Infinity));
    return hops;
}

/** The rules of a hop, said a second time and in other words. */
function allowed(from: HarborRelease, to: HarborRelease, internal: boolean): boolean {
    const engines = `${String(from.postgresql.major)}>${String(to.postgresql.major)}`;
    return (
        compare(from.harbor, to.harbor) < 0 &&
        minor(to.harbor) - minor(from.harbor) <= 2 &&
        to.schema >= from.schema &&
        (!internal || ["13>13", "13>14", "14>14", "14>15", "15>15", "15>18", "18>18"].includes(engines))
    );
}

describe("every upgrade of the catalogue", () => {
    for (const internal of [false, true]) {
        const parts = internal ? inside : outside;
        const label = internal ? "with an internal database" : "with a database outside";
        const fewest = fewestHops(knownHarborReleases, internal);
        const pairs = knownHarborReleases.flatMap((from, row) =>
            knownHarborReleases.map((to, column) => ({ from, to, hops: fewest[row]?.[column] ?? Infinity })),
        );

        it(`is legal at each hop, and as short as can be, ${label}`, () => {
            for (const { from, to, hops } of pairs.filter((pair) => compare(pair.from.harbor, pair.to.harbor) <= 0)) {
                const label = `${from.harbor} to ${to.harbor}`;
                const made = plan(from.harbor, to.harbor, parts, true);
                assert.equal(made.hops.length, hops === Infinity ? 0 : hops, label);
                let here = from.harbor;
                for (const hop of made.hops) {
                    assert.equal(hop.from, here, label);
                    assert.ok(isLegal(hop.from, hop.to) && compare(hop.from, hop.to) < 0, label);
                    const { from: before, to: after } = hop.engineChange ?? { from: 15, to: 18 };
                    assert.ok(["13>14", "14>15", "15>18"].includes(`${String(before)}>${String(after)}`), label);
                    assert.ok(hop.schema.from <= hop.schema.to, label);
                    here = hop.to;
                }
                if (hops !== Infinity) assert.equal(here, to.harbor, label);
            }
        });

        it(`is refused exactly where there is no way, ${label}`, () => {
            for (const { from, to, hops } of pairs) {
                const label = `${from.harbor} to ${to.harbor}`;
                const down = compare(from.harbor, to.harbor) > 0;
                assert.equal(
                    refused(plan(from.harbor, to.harbor, parts, true)).length > 0,
                    down || hops === Infinity,
                    label,
                );
                const rewritten = internal && !down && from.postgresql.major !== to.postgresql.major;
                const kinds = new Set(refused(plan(from.harbor, to.harbor, parts)));
                assert.deepEqual([...kinds], down ? ["downgrade"] : rewritten ? ["engine-change"] : [], label);
            }
        });
    }
});

describe("chain over releases of another catalogue", () => {
    const [base] = knownHarborReleases;
    assert.ok(base);
    const release = (harbor: string, major: number, rewrites: number, schema = 1): HarborRelease => ({
        ...base,
        harbor,
        schema,
        postgresql: { major, rewrites },
    });
    const chain = (releases: readonly HarborRelease[], internalDatabase: boolean): string[] | undefined => {
        const [from, to] = [releases[0], releases.at(-1)];
        assert.ok(from && to);
        return shortestChain(releases, { from, to, internalDatabase })?.map(({ harbor }) => harbor);
    };

    it("goes by the image that reads the data, though that takes a hop more", () => {
        const releases = [release("2.1.0", 14, 13), release("2.2.0", 15, 14), release("2.3.0", 18, 15)];
        assert.deepEqual(chain(releases, false), ["2.3.0"]);
        assert.deepEqual(chain(releases, true), ["2.2.0", "2.3.0"]);
        const [first, , last] = releases;
        assert.ok(first && last && !canRead(last, first));
    });

    it("has none where no image reads the data, and where minors are missing", () => {
        assert.equal(chain([release("2.1.0", 14, 13), release("2.3.0", 18, 15)], true), undefined);
        assert.equal(chain([release("2.1.0", 15, 14), release("2.4.0", 15, 14)], false), undefined);
    });

    it("never goes to an older schema, though its version is newer", () => {
        const [newer, older] = [release("2.1.9", 15, 14, 7), release("2.2.0", 15, 14, 5)];
        assert.equal(isHop(newer, older, false), false);
        assert.deepEqual(chain([newer, older, release("2.2.1", 15, 14, 7)], false), ["2.2.1"]);
    });
});
