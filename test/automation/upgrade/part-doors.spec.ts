import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { chartArguments } from "../../../automation/upgrade/chart-arguments";
import { readLiveParts } from "../../../automation/upgrade/live-parts";
import { partDoors } from "../../../automation/upgrade/part-doors";
import { settingsOf, settingsOverride, settleSettings } from "../../../automation/upgrade/settle";
import { operatorCharts } from "../../../config/catalogue";
import type { StackOutputs } from "../../../config/contract";
import { parseSettings } from "../../../config/settings";
import { ExecFailure, type Exec } from "../../../lib/exec";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { sampleOutputs } from "../../support/fakes";

const secret = { secretName: "s", secretKey: "k" };
const signal = new AbortController().signal;
const options = { signal, update: () => undefined };

function outputsWith(kind: "cloudnative-pg" | "zalando", host: string): StackOutputs {
    return {
        ...sampleOutputs,
        cluster: { kind: "kubeconfig", name: "prod", context: "prod" },
        database: {
            ...{ kind, host, port: 5432, database: "registry", user: "harbor", sslmode: "require", password: secret },
        },
    };
}

/** As Helm keeps it. */
function helmRecords(...versions: readonly string[]): string {
    const items = versions.map((version, index) => {
        const inner = gzipSync(JSON.stringify({ chart: { metadata: { version } } })).toString("base64");
        return {
            metadata: { labels: { version: String(index + 9) } },
            data: { release: Buffer.from(inner).toString("base64") },
        };
    });
    return JSON.stringify({ items: items.reverse() });
}

/** kubectl and helm that answer what is known, and keep what was asked. */
function programs(answers: readonly (readonly [RegExp, string])[]) {
    const asked: { readonly command: string; readonly input: string }[] = [];
    const exec: Exec = (file, args, given) => {
        const command = [file, ...args].join(" ").replace("kubectl --context prod ", "kubectl ");
        asked.push({ command, input: given?.input ?? "" });
        const answer = answers.find(([pattern]) => pattern.test(command));
        if (answer !== undefined) return Promise.resolve({ stdout: answer[1], stderr: "" });
        return Promise.reject(new ExecFailure(`unexpected ${command}`, file, 1, "", "unexpected", undefined, {}));
    };
    return { exec, asked, commands: () => asked.map(({ command }) => command) };
}

describe("the parts beside Harbor, in their cluster", () => {
    it("are read from Helm's last record, and from the operator's object", async () => {
        const settings = parseSettings({
            cluster: { kind: "kind", name: "dev" },
            database: { kind: "zalando", version: "17" },
        });
        const { exec } = programs([
            [/-n postgres-operator get secrets -l owner=helm,name=zalando/, helmRecords("1.14.0", "2.0.0")],
            [
                /get postgresqls\.acid\.zalan\.do harbor-postgresql/,
                JSON.stringify({ spec: { postgresql: { version: "16" } } }),
            ],
            [/get nodes/, "v1.36.1"],
        ]);
        const live = await readLiveParts(settings, outputsWith("zalando", "harbor-postgresql"), {
            ...{ exec, kubectl: "kubectl", signal },
        });
        assert.deepEqual(live, {
            operators: { zalando: "2.0.0" },
            database: { kind: "zalando", name: "harbor-postgresql", major: "16" },
            nodes: "v1.36.1",
        });
    });

    function doors(
        answers: Parameters<typeof programs>[0],
        versions: string[] = [],
        kind: "cloudnative-pg" | "zalando" = "zalando",
    ) {
        const { exec, asked, commands } = programs(answers);
        const forgotten: string[] = [];
        const parts = partDoors({
            ...{
                outputs: outputsWith(kind, kind === "zalando" ? "db" : "db-rw"),
                exec,
                waitMs: 20_000,
                lookEveryMs: 1,
            },
            door: { exec, kubectl: "kubectl", signal },
            chartArguments: ({ id, to }) => Promise.resolve([id, "--version", to]),
            database: () =>
                Promise.resolve({
                    version: () => Promise.resolve(versions.shift() ?? "none"),
                    close: () => Promise.resolve(),
                } as never),
            forget: () => {
                forgotten.push("forgotten");
                return Promise.resolve();
            },
        });
        return { parts, asked, commands, forgotten };
    }

    const definitions =
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n---\nkind: CustomResourceDefinition\n";

    it("get their new kinds first where Helm leaves them as they are: by server-side apply, out of the chart", async () => {
        const { parts, asked, commands } = doors([
            [/^helm version/, "v3.18"],
            [/^helm show crds/, definitions],
            [/^kubectl .* apply /, ""],
        ]);
        const operators = [
            { id: "zalando", from: "1.14.0", to: "2.0.1" },
            { id: "cert-manager", from: "v1.20.0", to: "v1.21.2" },
        ] as const;
        assert.equal(await parts.definitions(operators, options), "2 of zalando 2.0.1");
        assert.deepEqual(commands(), [
            "helm version --short",
            "helm show crds zalando --version 2.0.1",
            "kubectl -n postgres-operator apply --server-side --force-conflicts --field-manager=anchorage -f -",
        ]);
        assert.equal(asked.at(-1)?.input, definitions);
        // Those of cert-manager are templates: Helm brings them with the release.
        assert.equal(operatorCharts["cert-manager"].definitionsBeside, undefined);
    });

    it("say that helm is needed where it is not there", async () => {
        const { parts } = doors([]);
        const changes = [{ id: "zalando", from: "1.14.0", to: "2.0.1" }] as const;
        await assert.rejects(
            parts.definitions(changes, options),
            /helm is needed: it reads the kinds .* zalando 2\.0\.1/,
        );
    });

    it("have arrived when the server says its version itself, and the operator's chart is installed", async () => {
        const { parts, commands } = doors(
            [
                [/get secrets/, helmRecords("2.0.1")],
                [/wait --for=condition=Available/, ""],
            ],
            ["16.9", "17.4"],
        );
        const changes = {
            operators: [{ id: "zalando", from: "1.14.0", to: "2.0.1" }],
            database: { kind: "zalando", name: "db", from: "16", to: "17" },
        } as const;
        assert.equal(await parts.arrived(changes, "to", options), "zalando 2.0.1, PostgreSQL 17.4");
        assert.ok(commands().some((command) => command.includes("wait --for=condition=Available --timeout=20s")));
        await assert.rejects(
            parts.arrived({ operators: changes.operators }, "from", options),
            /zalando is not 1\.14\.0/,
        );
    });

    it("lose a database with its volumes only on the way back, and the engine looks again", async () => {
        for (const [kind, resource, label] of [
            ["cloudnative-pg", "clusters.postgresql.cnpg.io", "cnpg.io/cluster=db"],
            ["zalando", "postgresqls.acid.zalan.do", "cluster-name=db"],
        ] as const) {
            const { parts, commands, forgotten } = doors([[/ delete /, ""]], [], kind);
            await parts.dropDatabase({ kind, name: "db", from: "16", to: "17" });
            const end = "--ignore-not-found --wait=true --timeout=300s";
            assert.deepEqual(commands(), [
                `kubectl -n harbor delete ${resource} db ${end}`,
                `kubectl -n harbor delete persistentvolumeclaims -l ${label} ${end}`,
            ]);
            assert.deepEqual(forgotten, ["forgotten"]);
        }
    });

    it("have charts from where the stack's come from", () => {
        const change = { id: "envoy-gateway", from: "v1.8.0", to: "v1.9.1" } as const;
        const other = { id: "zalando", from: "1.14.0", to: "2.0.1" } as const;
        const from = (charts: object, one: Parameters<typeof chartArguments>[0] = change): string =>
            chartArguments(one, charts as never, "/p").join(" ");
        assert.equal(from({ source: "repository" }), "oci://docker.io/envoyproxy/gateway-helm --version v1.9.1");
        assert.match(from({ source: "repository" }, other), /^postgres-operator --repo https:\S+ --version 2\.0\.1$/);
        assert.equal(
            from({ source: "oci", location: "oci://r/c" }, other),
            "oci://r/c/postgres-operator --version 2.0.1",
        );
        assert.equal(from({ source: "folder", location: "charts" }, other), "/p/charts/postgres-operator");
        assert.equal(from({ source: "contract" }, other), "/p/lab/charts/postgres-operator");
    });
});

describe("the settings on the two sides of a hop of parts", () => {
    let projectRoot: string;
    const file = (): string => path.join(projectRoot, "Pulumi.prod.yaml");
    const hop = {
        ...{ from: "2.15.2", to: "2.15.2" },
        parts: {
            operators: [{ id: "cloudnative-pg" as const, from: "0.28.2", to: "0.29.0" }],
            database: { kind: "cloudnative-pg" as const, name: "db", from: "16", to: "17" },
        },
    };

    beforeEach(async () => {
        projectRoot = await mkdtemp(path.join(tmpdir(), "anchorage-parts-"));
        await writeFile(path.join(projectRoot, "Pulumi.yaml"), "name: anchorage\nruntime: nodejs\n");
        const text = 'config:\n  # ours\n  anchorage:database: { kind: cloudnative-pg, version: "17" }\n';
        await writeFile(file(), text);
    });
    afterEach(() => rm(projectRoot, { recursive: true }));

    it("stay as they are where it went forward, and say the old versions where it went back", async () => {
        assert.equal(await settleSettings(projectRoot, "prod", hop, "to"), undefined);
        const told = await settleSettings(projectRoot, "prod", hop, "from");
        assert.match(
            told ?? "",
            /database\.version .* is now 16, operators\.cloudnative-pg\.version .* is now 0\.28\.2/,
        );
        const text = await readFile(file(), "utf8");
        assert.match(text, /# ours\n\s+anchorage:database: \{ kind: cloudnative-pg, version: "16" \}/);
        assert.match(text, /cloudnative-pg:\s+version: 0\.28\.2/);
        assert.equal(await settleSettings(projectRoot, "prod", hop, "from"), undefined);
    });

    it("are put over those of the file, and leave all else of them", async () => {
        assert.deepEqual(await settingsOverride(projectRoot, "prod", settingsOf(hop, "from")), {
            database: { kind: "cloudnative-pg", version: "16" },
            operators: { "cloudnative-pg": { version: "0.28.2" } },
        });
    });
});
