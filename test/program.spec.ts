import assert from "node:assert/strict";
import path from "node:path";
import { stringify } from "yaml";
import { projectRoot } from "../lib/home";
import { assertGolden } from "./support/golden";
import { evaluateStack, mockLab, type MockResource } from "./support/mocks";

/** Each stack, and those whose parts differ by generation with the course's. */
const stacks: readonly { readonly name: string; readonly stack: string; readonly generation?: "seed" }[] = [
    ...["lab", "dev", "public", "public-ha", "onprem"].map((stack) => ({ name: stack, stack })),
    ...["public", "public-ha"].map((stack) => ({ name: `${stack}-seed`, stack, generation: "seed" as const })),
];
const isSecretHolder = (type: string): boolean =>
    /^(kubernetes:core\/v1:Secret|random:|tls:|pulumi:providers:|pulumi-nodejs:dynamic:Resource|command:)/.test(type);

/** The values that the chart gets, without what is marked as secret and without this machine's paths. */
function releaseValues(resources: readonly MockResource[]): string {
    const release = resources.find(({ name }) => name === "registry-harbor-release");
    assert.ok(release, "there is no release of Harbor");
    return stringify(release.inputs, { lineWidth: 0, sortMapEntries: true }).replaceAll(
        projectRoot + path.sep,
        "<project>/",
    );
}

describe("program", function () {
    this.timeout(60_000);

    for (const { name: title, stack, generation } of stacks) {
        describe(`stack ${title}`, () => {
            let resources: readonly MockResource[];

            before(async () => {
                resources = await evaluateStack(stack, generation === undefined ? {} : { generation });
            });

            it("has the resources of its golden tree", () => {
                const lines = resources.map(({ types, name }) => `${types.replaceAll("$", " > ")}  ${name}`).sort();
                assertGolden(`${title}.tree.txt`, `${lines.join("\n")}\n`);
            });

            it("gives the chart the values of its golden file, the same each time", async () => {
                const values = releaseValues(resources);
                assertGolden(`${title}.values.yaml`, values);
                assert.equal(
                    releaseValues(await evaluateStack(stack, generation === undefined ? {} : { generation })),
                    values,
                );
            });

            it("hangs everything below one registry, each child named after its parent", () => {
                for (const { types, name } of resources) {
                    if (name === "registry") {
                        assert.equal(types, "anchorage:components:Registry");
                        continue;
                    }
                    const parentType = types.split("$").at(-2);
                    const parents = resources.filter(({ type }) => type === parentType);
                    assert.ok(
                        parents.some((parent) => name.startsWith(`${parent.name}-`)),
                        `${name} (${types}) is not named after its parent`,
                    );
                }
            });

            it("gives no object an empty map: the Kubernetes provider sees a change in it at each preview", () => {
                for (const { type, name, inputs } of resources) {
                    if (!type.startsWith("kubernetes:") || type.includes(":helm.sh/")) continue;
                    assert.doesNotMatch(JSON.stringify(inputs["metadata"] ?? null), /\{\}/, name);
                }
            });

            it("has secrets in Secrets alone", () => {
                const secrets = ["generated-", mockLab.s3.secretKey];
                for (const { type, name, inputs } of resources) {
                    if (isSecretHolder(type)) continue;
                    // The chart takes the password of its own database as a value only; it is marked as secret.
                    const text = JSON.stringify(inputs).replace(
                        '"password":"generated-registry-database-password"',
                        "",
                    );
                    for (const secret of secrets)
                        assert.ok(!text.includes(secret), `${name} (${type}) holds ${secret}`);
                }
            });

            it("protects the keys that must never change, and only these", () => {
                const keys = resources.filter(({ name }) => /encryption-key$|token-key$/.test(name));
                assert.deepEqual(keys.map(({ name }) => name).sort(), [
                    "registry-secrets-encryption-key",
                    "registry-secrets-token-key",
                ]);
                const lengths = Object.fromEntries(resources.map(({ name, inputs }) => [name, inputs["length"]]));
                assert.equal(lengths["registry-secrets-encryption-key"], 16);
                assert.equal(lengths["registry-secrets-admin"], 20);
                assert.equal(lengths["registry-secrets-core"], 16);
                assert.equal(lengths["registry-secrets-xsrf"], 32);
                assert.equal(lengths["registry-secrets-jobservice"], 16);
                assert.equal(lengths["registry-secrets-registry"], 16);
            });
        });
    }
});
