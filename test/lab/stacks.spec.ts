import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import type { Engine, EngineResult } from "../../automation/engine";
import { chartsVariable, onLab } from "../../automation/engines/on-lab";
import { createRehearsalEngine } from "../../automation/engines/rehearsal";
import { readStackOutputs } from "../../automation/stack-outputs";
import { parseWorkloads } from "../../automation/status";
import { parseSettings } from "../../config/settings";
import { exec } from "../../lib/exec";
import { anchorageHome, projectRoot, type LabEndpoints } from "../../lib/home";
import { kubectl } from "../support/engine-lab";
import { labTimeout, operatorLab } from "../support/lab";

/** Values shorter than this (`admin`, `registry`) stand in many places and are no secret. */
const shortestSecret = 12;

/** Names of the resources that were not left as they are, with what was done to them. */
function changed(result: EngineResult): string[] {
    return result.changes
        .filter(({ op }) => op !== "same")
        .map(({ name, op }) => `${op} ${name}`)
        .sort();
}

describe("every stack in the lab", function () {
    this.timeout(300_000);

    let lab: LabEndpoints;

    before(async function () {
        this.timeout(labTimeout);
        lab = await operatorLab();
    });

    for (const stack of ["dev", "public", "public-ha", "onprem"]) {
        const generations =
            settingsOf(stack, "seed") === settingsOf(stack, "current") ? ["current"] : ["seed", "current"];
        for (const generation of generations) {
            describe(`${stack}, parts of generation ${generation}`, () => {
                let engine: Engine;
                let untouched: string[];
                let seen: string[];

                before(async () => {
                    const own = { projectRoot, stack, overrides: { generation } };
                    engine = createRehearsalEngine(await onLab(own, lab.name, process.env));
                    untouched = await everything(lab);
                    seen = [];
                });

                it("previews everything before anything is there", async () => {
                    const result = await engine.preview();
                    assert.deepEqual(
                        changed(result).filter((change) => !change.startsWith("create ")),
                        [],
                    );
                    assert.deepEqual(await everything(lab), untouched);
                });

                it("comes up from nothing, with every workload ready", async () => {
                    const result = await engine.up({ onEvent: (event) => seen.push(JSON.stringify(event)) });
                    seen.push(JSON.stringify(result));
                    const outputs = readStackOutputs(result.outputs);
                    assert.ok(outputs, "it has no outputs");
                    const workloads = parseWorkloads(
                        await kubectl(lab, "get", "deployments,statefulsets", "-A", "-o", "json"),
                    );
                    assert.ok(workloads.length >= 6, `${String(workloads.length)} workloads`);
                    for (const { name, ready, wanted } of workloads) assert.equal(ready, wanted, name);
                });

                it("has nothing to preview a second time", async () => {
                    assert.deepEqual(changed(await engine.preview()), []);
                });

                it("keeps secrets out of its state, outputs, events, values and its ConfigMaps", async () => {
                    const places = [...seen, ...states(), ...(await ownConfigMaps(lab))];
                    const values = await releaseValues(lab);
                    const secrets = await secretsOf(lab);
                    const internal = secrets.find(({ name }) => name === "harbor-database/POSTGRES_PASSWORD")?.value;
                    for (const { name, value } of secrets) {
                        for (const place of places) assert.ok(!place.includes(value), `${name} stands in clear`);
                        // The chart takes the password of its own database as a value only.
                        if (value === internal) continue;
                        for (const place of values) assert.ok(!place.includes(value), `${name} is among the values`);
                    }
                });

                it("is gone after destroy, and leaves nothing", async () => {
                    await engine.unprotect();
                    await engine.destroy();
                    assert.deepEqual(await engine.resources(), []);
                    assert.deepEqual(left(await everything(lab)), left(untouched));
                });
            });
        }
    }
});

/** All settings but the generation itself: a stack that names each of its kinds is the same in both. */
function settingsOf(stack: string, generation: string): string {
    const file = readFileSync(path.join(projectRoot, `Pulumi.${stack}.yaml`), "utf8");
    const { config } = parse(file) as { config: Record<string, unknown> };
    const raw = Object.entries(config).map(([key, value]) => [key.replace("anchorage:", ""), value]);
    return JSON.stringify({
        ...parseSettings({ ...(Object.fromEntries(raw) as Record<string, unknown>), generation }),
        generation: "",
    });
}

/** Every object of the cluster that no controller makes, by kind, namespace and name. */
async function everything(lab: LabEndpoints): Promise<string[]> {
    const kinds = (await kubectl(lab, "api-resources", "--verbs=list", "--output=name"))
        .split("\n")
        .filter(
            (kind) =>
                kind !== "" && !/^(events|leases|componentstatuses|endpoints|endpointslices|nodes|pods)\b/.test(kind),
        );
    const printed = await kubectl(
        lab,
        "get",
        kinds.join(","),
        "-A",
        "--ignore-not-found",
        "-o",
        "go-template={{range .items}}{{.kind}} {{.metadata.namespace}} {{.metadata.name}}" +
            '{{with .metadata.annotations}}{{if index . "helm.sh/hook"}}, of a hook{{end}}{{end}}{{"\\n"}}{{end}}',
    );
    return printed.split("\n").sort();
}

/**
 * What a destroy has to leave as it was. Helm never deletes the definitions that stand in a chart's folder `crds`, as in
 * most real charts of operators, nor those that a chart says to keep, for objects of others may be of these kinds; nor
 * what a chart's hooks made.
 */
function left(objects: readonly string[]): string[] {
    return process.env[chartsVariable] === undefined
        ? [...objects]
        : objects.filter((object) => !/^(CustomResourceDefinition|APIService) |, of a hook$/.test(object));
}

/** The records that the engine keeps, as their files stand on the disk. */
function states(): string[] {
    return readdirSync(path.join(anchorageHome(), "state"), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith(".json"))
        .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), "utf8"));
}

interface Listed {
    readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
    readonly type?: string;
    readonly data?: Readonly<Record<string, string>>;
}

async function listed(lab: LabEndpoints, kind: string): Promise<readonly Listed[]> {
    return (JSON.parse(await kubectl(lab, "get", kind, "-A", "-o", "json")) as { items: Listed[] }).items;
}

/** What the lab's Secrets hold that nobody may read elsewhere. */
async function secretsOf(lab: LabEndpoints): Promise<{ name: string; value: string }[]> {
    const secrets = (await listed(lab, "secrets")).filter(({ type }) => type !== "helm.sh/release.v1");
    const values = secrets.flatMap(({ metadata, data = {} }) =>
        Object.entries(data)
            .filter(([key]) => !/^(ca\.crt|tls\.crt|username|dbname|host|port|user|uri|jdbc-uri|pgpass)/.test(key))
            .map(([key, value]) => ({
                name: `${metadata.name}/${key}`,
                value: Buffer.from(value, "base64").toString("utf8"),
            })),
    );
    const long = values.filter(({ value }) => value.length >= shortestSecret);
    assert.ok(long.length >= 5, "the lab has no Secrets to look for");
    return long;
}

/** The chart itself writes the password of an external Redis into ConfigMaps of its own (harbor-helm, pains 12). */
async function ownConfigMaps(lab: LabEndpoints): Promise<string[]> {
    return (await listed(lab, "configmaps"))
        .filter(({ metadata }) => metadata.labels?.["heritage"] !== "Helm")
        .map((map) => JSON.stringify(map.data ?? {}));
}

/** The values that Helm keeps of each release. */
async function releaseValues(lab: LabEndpoints): Promise<string[]> {
    const helm = async (...args: string[]): Promise<string> =>
        (await exec(lab.tools.helm, ["--kubeconfig", lab.kubeconfig, "--kube-context", lab.context, ...args])).stdout;
    const releases = JSON.parse(await helm("list", "-A", "-o", "json")) as { name: string; namespace: string }[];
    assert.ok(releases.length > 0);
    return Promise.all(
        releases.map(({ name, namespace }) => helm("get", "values", name, "-n", namespace, "-o", "json")),
    );
}
