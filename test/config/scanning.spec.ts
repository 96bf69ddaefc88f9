import assert from "node:assert/strict";
import { mistakesOf } from "../support/settings";

const mirror = "registry.example.com/mirror/trivy-db";
const javaMirror = "registry.example.com:5000/mirror/trivy-java-db:1";
const stack = (scanning: Record<string, unknown>, harbor: Record<string, unknown> = {}) => ({
    cluster: { kind: "lab" },
    harbor,
    scanning,
});

describe("settings of scanning", () => {
    const refused: readonly (readonly [title: string, raw: Record<string, unknown>, expected: RegExp])[] = [
        [
            "offline without any mirror of the Java database",
            stack({ offline: true, databaseMirrors: [mirror] }),
            /^scanning\.javaDatabaseMirrors is empty, but scanning\.offline is true: .*such as registry\.example\.com/,
        ],
        [
            "offline without any mirror of the database",
            stack({ offline: true, javaDatabaseMirrors: [javaMirror] }),
            /^scanning\.databaseMirrors is empty/,
        ],
        [
            "offline without a scanner",
            stack({ offline: true }, { trivy: false }),
            /^scanning\.offline is set, but harbor\.trivy is false/,
        ],
        [
            "a mirror without a scanner",
            stack({ databaseMirrors: [mirror] }, { trivy: false }),
            /^scanning\.databaseMirrors is set, but harbor\.trivy is false/,
        ],
        [
            "a mirror that the chart of an old version does not know",
            stack({ databaseMirrors: [mirror] }, { version: "2.13.1" }),
            /^scanning\.databaseMirrors is set, but harbor\.version is "2\.13\.1", whose chart knows trivy\.dbRepository only from 1\.18/,
        ],
        [
            "a mirror with a scheme",
            stack({ databaseMirrors: ["https://registry.example.com/trivy-db"] }),
            /^scanning\.databaseMirrors has "https:.*without a scheme/,
        ],
        ["a mirror without a host", stack({ databaseMirrors: ["mirror/trivy-db"] }), /it must be <host>\/<repository>/],
        [
            "a host without a path",
            stack({ databaseMirrors: ["registry.example.com"] }),
            /it must be <host>\/<repository>/,
        ],
        [
            "ServiceMonitors without metrics",
            stack({}, { serviceMonitors: true }),
            /^harbor\.serviceMonitors is true, but harbor\.metrics is false/,
        ],
    ];
    for (const [title, raw, expected] of refused) {
        it(`refuse ${title}`, () => {
            const [first, ...rest] = mistakesOf(raw);
            assert.match(first ?? "nothing was refused", expected);
            assert.deepEqual(rest, []);
        });
    }

    it("name both missing mirrors at once", () => {
        assert.equal(mistakesOf(stack({ offline: true })).length, 2);
    });

    const allowed: readonly (readonly [title: string, raw: Record<string, unknown>])[] = [
        ["nothing", stack({})],
        ["no scanner", stack({}, { trivy: false })],
        [
            "offline with both mirrors",
            stack({ offline: true, databaseMirrors: [mirror], javaDatabaseMirrors: [javaMirror] }),
        ],
        ["mirrors on line", stack({ databaseMirrors: [mirror, "localhost:5000/trivy-db", "mirror:5000/trivy-db"] })],
        ["a mirror with 2.14", stack({ javaDatabaseMirrors: [javaMirror] }, { version: "2.14.4" })],
        ["ServiceMonitors with metrics", stack({}, { serviceMonitors: true, metrics: true })],
    ];
    for (const [title, raw] of allowed) {
        it(`allow ${title}`, () => {
            assert.deepEqual(mistakesOf(raw), []);
        });
    }
});
