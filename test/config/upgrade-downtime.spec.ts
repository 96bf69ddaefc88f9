import assert from "node:assert/strict";
import { parseSettings } from "../../config/settings";
import { expectedDowntime, type ExpectedDowntime, type Seconds } from "../../config/upgrade-downtime";
import { planUpgrade } from "../../config/upgrade-plan";

type Raw = Readonly<Record<string, unknown>>;

function expected(settings: Raw, from = "2.14.4", to = "2.15.1"): ExpectedDowntime {
    const parsed = parseSettings({ cluster: { kind: "kubeconfig" }, ...settings });
    const internalDatabase = parsed.database.kind === "internal";
    const internalCache = parsed.cache.kind === "internal";
    const [hop] = planUpgrade({ from, to, internalDatabase, internalCache }, { engineChange: true }).hops;
    assert.ok(hop);
    return expectedDowntime(hop, parsed);
}

const shared: Raw = { storage: { kind: "volume", accessMode: "ReadWriteMany" } };
const database: Raw = { database: { kind: "external", host: "pg.example.com", password: "hush-hush" } };
const cache: Raw = { cache: { kind: "external", host: "redis.example.com" } };
const many: Raw = { harbor: { replicas: { core: 2, registry: 2, jobservice: 2 } } };

describe("expected downtime of a hop", () => {
    const table: readonly (readonly [what: string, settings: Raw, pulls: Seconds, why: RegExp])[] = [
        [
            "is none where pods roll and the data is outside",
            { ...shared, ...database, ...cache, ...many },
            { least: 0, most: 0 },
            /core has 2 pods, the registry 2 pods.*old pods answer on the new schema/,
        ],
        [
            "is none with one pod of each: the new one comes first",
            { ...shared, ...database, ...cache },
            { least: 0, most: 0 },
            /core has 1 pod,/,
        ],
        [
            "is a restart of the registry on a volume of its own",
            { ...database, ...cache },
            { least: 10, most: 60 },
            /ReadWriteOnce/,
        ],
        [
            "is the same where somebody chose it",
            { ...shared, ...database, ...cache, harbor: { updateStrategy: "Recreate" } },
            { least: 10, most: 60 },
            /harbor\.updateStrategy is "Recreate"/,
        ],
        [
            "is a restart of the internal database",
            { ...shared, ...cache },
            { least: 5, most: 60 },
            /one pod, and restarts, and migrates/,
        ],
        [
            "is a restart of the internal cache",
            { ...shared, ...database },
            { least: 5, most: 60 },
            /the internal cache is one pod/,
        ],
    ];
    for (const [what, settings, pulls, why] of table) {
        it(what, () => {
            const { pulls: seconds, why: sentences } = expected(settings);
            assert.deepEqual(seconds, pulls);
            assert.match(sentences.join(), why);
        });
    }

    it("has no end that anybody could name where the internal database is rewritten", () => {
        const { pulls, why } = expected({ ...shared, ...cache }, "2.15.1", "2.15.2");
        assert.deepEqual(pulls, { least: 5 });
        assert.match(why.join(), /PostgreSQL 15 to 18 before it answers/);
    });

    it("says nothing of a new schema where there is none", () => {
        const { why } = expected({ ...shared, ...database, ...cache }, "2.15.1", "2.15.2");
        assert.doesNotMatch(why.join(), /schema/);
    });

    it("names each part that restarts, with its pods and what goes first", () => {
        const all = expected({ ...many, harbor: { metrics: true, replicas: { core: 2 } } });
        assert.deepEqual(
            all.restarts.map(({ part, replicas, how }) => `${part} ${String(replicas)} ${how}`),
            [
                "nginx 2 rolling",
                "portal 1 rolling",
                "core 2 rolling",
                "jobservice 1 recreate",
                "registry 1 recreate",
                "trivy 1 recreate",
                "exporter 1 rolling",
                "database 1 recreate",
                "redis 1 recreate",
            ],
        );
        const few = expected({ ...shared, ...database, ...cache, harbor: { trivy: false } });
        assert.deepEqual(
            few.restarts.map(({ part }) => part),
            ["nginx", "portal", "core", "jobservice", "registry"],
        );
    });
});
