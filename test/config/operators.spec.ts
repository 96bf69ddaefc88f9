import assert from "node:assert/strict";
import { kindNodeImage } from "../../config/catalogue";
import { mistakesOf } from "../support/settings";

type Raw = Readonly<Record<string, unknown>>;

const kind = (image: string | undefined, more: Raw): Raw => ({
    cluster: { kind: "kind", ...(image === undefined ? {} : { image }) },
    ...more,
});
const route = { exposure: { kind: "route", host: "registry.example.com" } };
const cluster = { database: { kind: "cloudnative-pg" } };

const cases: readonly { title: string; refused: Raw; because: RegExp; allowed: Raw }[] = [
    {
        title: "a Kubernetes that is too old for an operator",
        refused: kind("kindest/node:v1.28.15@sha256:0123", cluster),
        because:
            /^cluster\.image is "kindest\/node:v1\.28\.15@sha256:0123", Kubernetes 1\.28, but cloudnative-pg 1\.30\.0 supports 1\.29 or newer/,
        allowed: kind("kindest/node:v1.29.0", cluster),
    },
    {
        title: "a Kubernetes that is too new for an operator",
        refused: kind("kindest/node:v1.37.0", route),
        because: /^cluster\.image is .*Kubernetes 1\.37, but envoy-gateway v1\.9\.1 supports 1\.33 to 1\.36/,
        allowed: kind("kindest/node:v1.37.0", { ...route, operators: { "envoy-gateway": { installed: true } } }),
    },
];

describe("operators on a Kubernetes", () => {
    for (const { title, refused, because, allowed } of cases) {
        it(`refuse ${title}, allow its neighbour`, () => {
            const [first, ...rest] = mistakesOf(refused);
            assert.match(first ?? "nothing was refused", because);
            assert.deepEqual(rest, []);
            assert.deepEqual(mistakesOf(allowed), []);
        });
    }

    it("are all supported on the catalogue's own node image", () => {
        assert.deepEqual(mistakesOf(kind(undefined, { ...route, ...cluster, cache: { kind: "redis-ot" } })), []);
        assert.match(kindNodeImage, /:v1\.\d+/);
    });
});
