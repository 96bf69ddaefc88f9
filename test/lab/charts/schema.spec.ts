import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { exec, ExecFailure } from "../../../lib/exec";
import { projectRoot } from "../../../lib/home";
import type { Tree } from "../../support/chart-objects";
import { helmBinary } from "../../support/helm";
import { schemaKeys, valueKeys } from "../../support/values-schema";

const chart = path.join(projectRoot, "lab/charts/harbor");
const schema = JSON.parse(readFileSync(path.join(chart, "values.schema.json"), "utf8")) as Tree;
const keys = schemaKeys(schema);
const isOpen = (key: string): boolean => keys.get(key) !== "closed";

/** Keys that the official chart reads and its values.yaml does not set: why the schema allows each. */
const beyondDefaults: Readonly<Record<string, RegExp>> = {
    "read by the official templates, named nowhere in its values.yaml":
        /^(nameOverride|fullnameOverride|core\.gcTimeWindowHours)$/,
    "commented out in its values.yaml: names of Secrets":
        /^(caBundleSecretName|uaaSecretName|persistence\.imageChartStorage\.(caBundleSecretName|s3\.existingSecret))$/,
    "commented out in its values.yaml: settings of the registry's storage drivers":
        /^persistence\.imageChartStorage\.(filesystem|azure|gcs|s3|swift|oss)\.\w+$/,
    "commented out in its values.yaml: resources have no default": /(^|\.)resources(\.(requests|limits|claims))?$/,
    "commented out in its values.yaml: the other half of a budget": /\.podDisruptionBudget\.maxUnavailable$/,
    "commented out in its values.yaml: optional Redis indexes":
        /^redis\.(internal|external)\.(harborDatabaseIndex|cacheLayerDatabaseIndex)$/,
    "commented out in its values.yaml: tracing":
        /^trace\.(namespace|attributes|jaeger\.(username|password|agent_host|agent_port))$/,
};

function valuesAt(file: string): Tree {
    return parse(readFileSync(file, "utf8")) as Tree;
}

function agree(values: Tree): void {
    const present = new Set(valueKeys(values, isOpen));
    assert.deepEqual(
        [...present].filter((key) => !keys.has(key)),
        [],
        "keys that the schema does not allow",
    );
    const reasons = Object.values(beyondDefaults);
    assert.deepEqual(
        [...keys.keys()].filter((key) => !present.has(key) && !reasons.some((reason) => reason.test(key))),
        [],
        "keys that the schema allows and nobody has",
    );
}

describe("values.schema.json of the contract chart for Harbor", () => {
    it("allows the keys of its own values.yaml and no other", () => {
        agree(valuesAt(path.join(chart, "values.yaml")));
    });

    it("allows the keys of the official chart 1.19.1 and no other", function () {
        const official = path.resolve(projectRoot, "../shared/data/values/harbor-1.19.1.yaml");
        if (!existsSync(official)) this.skip(); // the reference data lies beside the project only where it is developed
        agree(valuesAt(official));
    });

    it("has a use for every reason why a key beyond the defaults is allowed", () => {
        const present = new Set(valueKeys(valuesAt(path.join(chart, "values.yaml")), isOpen));
        const beyond = [...keys.keys()].filter((key) => !present.has(key));
        for (const [reason, pattern] of Object.entries(beyondDefaults)) {
            assert.ok(
                beyond.some((key) => pattern.test(key)),
                reason,
            );
        }
    });

    it("is closed wherever the chart has a fixed structure", () => {
        const open = [...keys].filter(([, kind]) => kind === "open").map(([key]) => key.split(".").at(-1));
        assert.deepEqual([...new Set(open)].sort(), [
            "additionalLabels",
            "affinity",
            "annotations",
            "attributes",
            "containerSecurityContext",
            "labels",
            "limits",
            "nodeSelector",
            "podAnnotations",
            "podLabels",
            "requests",
            "serviceAnnotations",
        ]);
    });
});

describe("helm on the values of the contract chart for Harbor", function () {
    this.timeout(30_000);
    let helm: string;

    before(function () {
        const found = helmBinary();
        if (found === undefined) this.skip(); // no helm on this machine
        helm = found;
    });

    const template = (values: object): Promise<{ stdout: string }> =>
        exec(helm, ["template", "harbor", chart, "-f", "-"], { input: JSON.stringify(values) });

    const refused: readonly [string, object, RegExp][] = [
        ["an unknown key at the top", { expse: { type: "ingress" } }, /additional properties 'expse' not allowed/],
        ["a misspelt key far below", { core: { podDisruptionBudget: { minAvailble: 1 } } }, /minAvailble/],
        ["a key of another component", { portal: { startupProbe: { enabled: true } } }, /startupProbe/],
        ["a key of an older chart", { expose: { ingress: { hosts: { notary: "notary.example.com" } } } }, /notary/],
        ["an unknown kind of exposure", { expose: { type: "gateway" } }, /\/expose\/type/],
        ["an unknown storage", { persistence: { imageChartStorage: { type: "minio" } } }, /imageChartStorage\/type/],
        ["an unknown level of the log", { logLevel: "warn" }, /\/logLevel/],
        ["a number as text", { core: { replicas: "2" } }, /\/core\/replicas/],
        ["a truth value as a label", { core: { podLabels: { backup: true } } }, /podLabels\/backup/],
        ["a secret key of 15 characters", { secretKey: "123456789012345" }, /\/secretKey/],
        ["a CSRF key of 16 characters", { core: { xsrfKey: "1234567890123456" } }, /\/core\/xsrfKey/],
        ["a size that is none", { persistence: { persistentVolumeClaim: { trivy: { size: "5 GB" } } } }, /trivy\/size/],
    ];
    for (const [what, values, where] of refused) {
        it(`refuses ${what}`, async () => {
            await assert.rejects(template(values), (error) => {
                assert.ok(error instanceof ExecFailure);
                assert.match(error.stderr, /values don't meet the specifications of the schema/);
                assert.match(error.stderr, where);
                return true;
            });
        });
    }

    const accepted: readonly [string, object, RegExp][] = [
        ["no values", {}, /kind: Ingress/],
        ["free-form maps", { core: { affinity: { podAntiAffinity: {} }, podAnnotations: { "a/b": "c" } } }, /a\/b: c/],
        ["keys without a default", { nameOverride: "images", caBundleSecretName: "ca" }, /harbor-images-core/],
        ["a removed default", { containerSecurityContext: null }, /kind: Deployment/],
    ];
    for (const [what, values, rendered] of accepted) {
        it(`takes ${what}`, async () => {
            assert.match((await template(values)).stdout, rendered);
        });
    }

    it("takes the whole of the official chart's defaults", async function () {
        const official = path.resolve(projectRoot, "../shared/data/values/harbor-1.19.1.yaml");
        if (!existsSync(official)) this.skip(); // the reference data lies beside the project only where it is developed
        assert.match((await template(valuesAt(official))).stdout, /image: .*v2\.15\.1/);
    });
});
