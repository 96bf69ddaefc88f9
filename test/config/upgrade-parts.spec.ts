import assert from "node:assert/strict";
import { kindNodeImage, operatorCharts } from "../../config/catalogue";
import { describeParts, planParts, type LiveParts, type PartsPlan } from "../../config/upgrade-parts";
import type { Settings } from "../../config/schema";
import { parseSettings } from "../../config/settings";

const pinned = operatorCharts["cloudnative-pg"].version;
const cloudNativePg = { kind: "cloudnative-pg", version: "17" };
const live: LiveParts = {
    operators: { "cloudnative-pg": pinned },
    database: { kind: "cloudnative-pg", name: "harbor-postgresql", major: "17" },
};

type Raw = Readonly<Record<string, unknown>>;

function settingsWith(raw: Raw): Settings {
    return parseSettings({ cluster: { kind: "kubeconfig", context: "production" }, ...raw });
}

function plan(now: Partial<LiveParts>, settings: Raw = {}, engineChange = false): PartsPlan {
    return planParts({ ...live, ...now }, settingsWith({ database: cloudNativePg, ...settings }), { engineChange });
}

describe("plan of the parts beside Harbor", () => {
    it("is empty where they are what they are to be, and where the cluster has them from elsewhere", () => {
        const nothing = { operators: [], refusals: [], warnings: [] };
        assert.deepEqual(plan({}), nothing);
        const elsewhere = { operators: { "cloudnative-pg": { installed: true } } };
        assert.deepEqual(plan({ operators: { "cloudnative-pg": "0.1.0" } }, elsewhere), nothing);
        // Not there yet: `up` installs it.
        assert.deepEqual(plan({ operators: {} }), nothing);
    });

    it("brings an operator to the catalogue's chart, or to the one of the settings", () => {
        const older = plan({ operators: { "cloudnative-pg": "0.28.2" } });
        assert.deepEqual(older.operators, [{ id: "cloudnative-pg", from: "0.28.2", to: pinned }]);
        assert.deepEqual([older.refusals, older.warnings], [[], []]);
        assert.equal(describeParts(older), `cloudnative-pg 0.28.2 to ${pinned}`);
        const stop = plan(
            { operators: { "cloudnative-pg": "0.26.0" } },
            { operators: { "cloudnative-pg": { version: "0.27.0" } } },
        );
        assert.deepEqual(stop.operators, [{ id: "cloudnative-pg", from: "0.26.0", to: "0.27.0" }]);
    });

    it("refuses an older operator, and warns of a jump over minor versions", () => {
        const { refusals } = plan({ operators: { "cloudnative-pg": "9.0.0" } });
        assert.match(refusals.join(), /chart .* is older than 9\.0\.0.*operators\.cloudnative-pg\.version to 9\.0\.0/);
        const { refusals: none, warnings } = plan({ operators: { "cloudnative-pg": "0.20.0" } });
        assert.deepEqual(none, []);
        assert.match(warnings.join(), /one minor version at a time; operators\.cloudnative-pg\.version/);
    });

    for (const kind of ["cloudnative-pg", "zalando"] as const) {
        const now: LiveParts = { operators: {}, database: { kind, name: "db", major: "16" } };
        const to = (version: string, agreed: boolean): PartsPlan =>
            planParts(now, settingsWith({ database: { kind, version } }), { engineChange: agreed });

        it(`rewrites the database of ${kind} only where that was agreed to, and never backwards`, () => {
            const made = to("18", true);
            assert.deepEqual(made.database, { kind, name: "db", from: "16", to: "18" });
            assert.deepEqual(made.refusals, []);
            assert.equal(describeParts(made), "PostgreSQL 16 to 18");
            assert.match(
                to("18", false).refusals.join(),
                /PostgreSQL 16 to 18 rewrites the database.*--accept-engine-change/,
            );
            assert.match(to("15", true).refusals.join(), /15 is older than PostgreSQL 16, which runs.*never go back/);
            assert.equal(to("16", false).database, undefined);
        });
    }

    it("leaves a database alone that moves to another kind: that is a migration", () => {
        const settings = settingsWith({ database: { kind: "zalando", version: "18" } });
        assert.equal(planParts(live, settings, { engineChange: true }).database, undefined);
    });

    it("refuses other nodes of a KinD cluster: it is made anew, and says how to keep what is in it", () => {
        const [, version = ""] = /:(v[\d.]+)/.exec(kindNodeImage) ?? [];
        const kind = { cluster: { kind: "kind", name: "dev" } };
        assert.deepEqual(plan({ nodes: version }, kind).refusals, []);
        const { refusals } = plan({ nodes: "v1.30.0" }, kind);
        assert.match(
            refusals.join(),
            /KinD cluster dev are v1\.30\.0.*made anew.*backup.*restore --from.*kindest\/node:v1\.30\.0/,
        );
        // No node of a cluster that is somebody else's is any of our business.
        assert.deepEqual(plan({ nodes: "v1.30.0" }).refusals, []);
    });
});
