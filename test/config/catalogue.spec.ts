import assert from "node:assert/strict";
import { checkedOn, images, minioRetired, operatorCharts } from "../../config/catalogue";
import { operatorIds } from "../../config/schema/operators";

const month = /^20\d\d-(0[1-9]|1[0-2])$/;

describe("catalogue of operators", () => {
    for (const id of operatorIds) {
        const entry = operatorCharts[id];

        it(`pins ${id} exactly, with its place and a dated source`, () => {
            assert.match(entry.version, /^v?\d+\.\d+\.\d+$/);
            assert.match(entry.app, /^v?\d+\.\d+\.\d+$/);
            assert.match(entry.repository, /^(https|oci):\/\/[^/]+\/?\S*[^/]$/);
            assert.match(entry.namespace, /^[a-z0-9][-a-z0-9]*[a-z0-9]$/);
            assert.match(entry.source, /20\d\d-\d\d/);
            const { from, to } = entry.kubernetes ?? {};
            for (const minor of [from, to]) if (minor !== undefined) assert.match(minor, /^1\.\d\d$/);
        });
    }

    it("gives each a namespace and a folder of its own", () => {
        const of = (key: "namespace" | "folder"): string[] =>
            operatorIds.map((id) => operatorCharts[id][key] ?? operatorCharts[id].chart);
        for (const key of ["namespace", "folder"] as const) {
            assert.equal(new Set(of(key)).size, operatorIds.length, of(key).join(", "));
        }
    });

    it("knows what is retired, since when, and what to take instead", () => {
        const retired = operatorIds.filter((id) => operatorCharts[id].retired !== undefined);
        assert.deepEqual(retired, ["ingress-nginx", "redis-spotahome"]);
        for (const entry of [minioRetired, ...retired.map((id) => operatorCharts[id].retired)]) {
            assert.ok(entry);
            assert.match(entry.since, month);
            assert.ok(entry.since <= checkedOn.slice(0, 7), entry.since);
            assert.ok(entry.why.length > 0 && entry.instead.length > 0);
        }
    });
});

describe("catalogue of images", () => {
    const all = [
        images.postgresClient,
        images.redisOt,
        images.redisOtSentinel,
        images.redis,
        ...Object.values(images.cloudNativePg),
    ];
    for (const image of all) {
        it(`pins ${image} by registry and version`, () => {
            assert.match(image, /^[a-z.]+\.[a-z]+\/\S+:v?\d+\.\d+\S*$/);
        });
    }

    it("has the major version that is asked for", () => {
        for (const [major, image] of Object.entries(images.cloudNativePg)) {
            assert.ok(image.includes(`:${major}.`), image);
        }
    });
});
