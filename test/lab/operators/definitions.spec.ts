import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { definitionSources, type DefinitionSet } from "../../../lab/custom-resources/catalogue";
import { definitionsIn, type Definition, type Schema } from "../../../lab/custom-resources/definition";
import { customResourceDefinitions } from "../../../lab/custom-resources/resolver";
import { UserError } from "../../../lib/errors";
import { exec, ExecFailure, type Exec } from "../../../lib/exec";
import { projectRoot } from "../../../lib/home";

/** The reference data lies beside the project only where it is developed. */
const reference = path.resolve(projectRoot, "../shared/data/crds");
const sets = Object.keys(definitionSources) as DefinitionSet[];
const noGo: Exec = () => Promise.reject(new ExecFailure("go: no such program", "go", undefined, "", "", "ENOENT", {}));

function schemaOf(definition: Definition): Schema {
    const [version] = definition.spec.versions.filter(({ storage }) => storage);
    assert.ok(version, definition.metadata.name);
    return version.schema.openAPIV3Schema;
}

/** Visits each field of a schema with its path: spec.storage.size, spec.users[]. */
function eachField(schema: Schema, visit: (field: string, schema: Schema) => void, field = ""): void {
    visit(field, schema);
    for (const [key, inner] of Object.entries(schema.properties ?? {}))
        eachField(inner, visit, field === "" ? key : `${field}.${key}`);
    if (schema.items) eachField(schema.items, visit, `${field}[]`);
}

function fieldsOf(schema: Schema): Map<string, Schema> {
    const fields = new Map<string, Schema>();
    eachField(schema, (field, inner) => fields.set(field, inner));
    return fields;
}

describe("custom resource definitions of the operators", function () {
    this.timeout(300_000); // a cold machine downloads the modules

    let folder: string;
    let all: readonly Definition[];
    const one = (name: string): Definition => {
        const found = all.find(({ metadata }) => metadata.name === name);
        assert.ok(found, name);
        return found;
    };

    before(async () => {
        folder = await mkdtemp(path.join(tmpdir(), "anchorage-definitions-"));
        all = await customResourceDefinitions(sets, { exec });
    });

    after(() => rm(folder, { recursive: true }));

    it("come from the modules, or are ours, each once", () => {
        const names = all.map(({ metadata }) => metadata.name);
        assert.deepEqual(names, [...new Set(names)].sort());
        for (const name of [
            "backendtrafficpolicies.gateway.envoyproxy.io",
            "certificates.cert-manager.io",
            "clusters.postgresql.cnpg.io",
            "httproutes.gateway.networking.k8s.io",
            "middlewares.traefik.io",
            "postgresqls.acid.zalan.do",
            "redisfailovers.databases.spotahome.com",
            "redissentinels.redis.redis.opstreelabs.in",
            "servicemonitors.monitoring.coreos.com",
        ])
            assert.ok(names.includes(name), name);
    });

    it("hold no descriptions, and every field of that name", () => {
        for (const definition of all) {
            eachField(schemaOf(definition), (field, schema) => {
                assert.equal(typeof schema["description"], "undefined", `${definition.metadata.name} ${field}`);
            });
        }
        assert.ok(fieldsOf(schemaOf(one("prometheusrules.monitoring.coreos.com"))).size > 20);
        const described = all.filter((definition) =>
            [...fieldsOf(schemaOf(definition)).keys()].some((field) => field.endsWith(".description")),
        );
        assert.notEqual(described.length, 0);
    });

    it("come from the cache without Go", async () => {
        assert.deepEqual(await customResourceDefinitions(sets, { exec: noGo }), all);
    });

    it("tell what to do where there is no Go", async () => {
        await assert.rejects(
            customResourceDefinitions(["zalando"], { exec: noGo, cacheFolder: path.join(folder, "none") }),
            (error: unknown) => error instanceof UserError && /install Go .*\n.*or copy .*none/.test(error.render()),
        );
    });

    it("tell what Go said where the module cannot be had", async () => {
        const refused: Exec = (file) => {
            const stdout = JSON.stringify({ Error: "zalando: reading https://proxy.invalid: 403 Forbidden" });
            return Promise.reject(new ExecFailure("go failed", file, 1, stdout, "", undefined, {}));
        };
        await assert.rejects(
            customResourceDefinitions(["zalando"], { exec: refused, cacheFolder: path.join(folder, "none") }),
            (error: unknown) => error instanceof UserError && /403 Forbidden[^]*GOPROXY=/.test(error.render()),
        );
    });

    it("are replaced by those of a folder", async () => {
        const ours = one("redissentinels.redis.redis.opstreelabs.in");
        const other = { ...ours, metadata: { ...ours.metadata, annotations: { from: "the folder" } } };
        await writeFile(path.join(folder, "sentinel.yaml"), JSON.stringify(other));
        const found = await customResourceDefinitions(["redis-ot"], { exec, instead: folder });
        assert.deepEqual(
            found.map(({ metadata }) => metadata.annotations?.["from"]),
            [undefined, "the folder"],
        );
    });

    describe("beside the reference data", () => {
        before(function () {
            if (!existsSync(reference)) this.skip();
        });

        const real = async (names: readonly string[]): Promise<Definition[]> => {
            const files = readdirSync(reference).filter((file) => names.some((name) => file.startsWith(name)));
            const texts = await Promise.all(files.map((file) => readFile(path.join(reference, file), "utf8")));
            return texts.flatMap(definitionsIn);
        };

        it("ours of the OT operator allow fields of its own, of the same type", async () => {
            for (const theirs of await real(["ot-"])) {
                const known = fieldsOf(schemaOf(theirs));
                eachField(schemaOf(one(theirs.metadata.name)), (field, { type }) => {
                    assert.equal(known.get(field)?.type, type, `${theirs.metadata.name} ${field}`);
                });
            }
        });

        it("that of Zalando's operator has the fields of its second version, and no other", async () => {
            const [theirs] = await real(["zalando-"]);
            assert.ok(theirs);
            const [known, ours] = [fieldsOf(schemaOf(theirs)), fieldsOf(schemaOf(one(theirs.metadata.name)))];
            const ofPods = /\.(env|envFrom|initContainers|livenessProbe|nodeAffinity|sidecars|tolerations)\b/;
            const isOurs = (field: string): boolean => !ofPods.test(field) && !/topologySpread|additionalV/.test(field);
            // Two sizes of huge pages, which are two of the resources that a pooler may have.
            const more = [...known.keys()].filter((field) => !ours.has(field) && !field.includes("hugepages"));
            assert.deepEqual(more.filter(isOurs), [
                "metadata",
                "spec.standby.standby_primary_slot_name",
                "spec.volume.type",
            ]);
            assert.deepEqual(
                [...ours.keys()].filter((field) => !known.has(field) && isOurs(field)),
                [],
            );
            assert.deepEqual(ours.get("spec.postgresql.version")?.enum, known.get("spec.postgresql.version")?.enum);
        });

        it("the others have no field that their makers do not have", async () => {
            const others = await real(["spotahome-", "envoy-", "prometheus-operator-", "cnpg-"]);
            const taken = others.filter(({ metadata }) => all.some((ours) => ours.metadata.name === metadata.name));
            assert.ok(taken.length >= 7, String(taken.length));
            for (const theirs of taken) {
                const known = fieldsOf(schemaOf(theirs)); // of their main branches, so perhaps newer
                const ours = [...fieldsOf(schemaOf(one(theirs.metadata.name))).keys()];
                assert.deepEqual(
                    ours.filter((field) => !known.has(field)),
                    [],
                    theirs.metadata.name,
                );
            }
        });
    });
});
