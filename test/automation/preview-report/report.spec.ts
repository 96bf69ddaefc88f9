import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Engine, EngineResult, ResourceChange } from "../../../automation/engine";
import { recordWarning } from "../../../automation/engine";
import { renderHtml } from "../../../automation/preview-report/html";
import { commentLimit, renderMarkdown } from "../../../automation/preview-report/markdown";
import { refusalOf, refusedDangers, reportOf, type ReportInput } from "../../../automation/preview-report/model";
import { reportedPreview } from "../../../automation/preview-report/verb";
import { ExitCode, UserError } from "../../../lib/errors";
import { fakeContext } from "../../support/fakes";
import { change, differs, release } from "../../support/resource-changes";

const input: ReportInput = {
    stack: "public",
    engine: { name: "pulumi", version: "3.241.0" },
    basis: "cluster",
    warnings: [],
    allow: [],
};
const resultOf = (...changes: readonly ResourceChange[]): EngineResult => {
    const summary: Record<string, number> = { same: 32 };
    for (const { op } of changes) summary[op] = (summary[op] ?? 0) + 1;
    return { changes, summary, outputs: {}, durationMs: 6_000 };
};

/** As the engines have told them of a stack whose settings were edited so. */
const replicas = resultOf(
    release(
        differs("values.core.replicas", 1, 3),
        { path: "values.core.podDisruptionBudget", kind: "add", after: { enabled: true, minAvailable: 2 } },
        {
            path: "values.core.topologySpreadConstraints",
            kind: "add",
            after: [{ maxSkew: 1, topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "ScheduleAnyway" }],
        },
        differs("values.database.maxOpenConns", 409, 204),
    ),
);
const volume = resultOf(
    change("update", "kubernetes:core/v1:ConfigMap", "registry-portal-look", [differs("data.title", "A", "B")]),
    release(
        differs("values.persistence.persistentVolumeClaim.database.size", "5Gi", "50Gi"),
        { path: "values.persistence.persistentVolumeClaim.database.storageClass", kind: "add", after: "fast" },
        { path: "values.persistence.persistentVolumeClaim.redis.storageClass", kind: "add", after: "fast" },
    ),
);
const wrongKey = new UserError("1 setting is wrong", {
    details: ["harbor.replica is no setting; did you mean harbor.replicas?"],
    next: ["edit Pulumi.<stack>.yaml; README has the table of all settings"],
    exitCode: ExitCode.usage,
});

function golden(name: string, text: string): void {
    const file = path.join(__dirname, "golden", name);
    if (process.env["UPDATE_GOLDEN"] === "1") {
        // oxlint-disable-next-line typescript/no-require-imports -- only where golden files are written
        (require("node:fs") as typeof import("node:fs")).writeFileSync(file, text);
    }
    assert.equal(text, readFileSync(file, "utf8"), `${name} differs: UPDATE_GOLDEN=1 writes it anew`);
}

describe("the report of a preview", () => {
    for (const [name, report] of [
        ["replica-count", reportOf(replicas, input)],
        ["database-volume", reportOf(volume, input)],
        ["wrong-key", refusalOf(wrongKey, { stack: "public", basis: "cluster", warnings: [], allow: [] })],
        ["nothing", reportOf(resultOf(), { ...input, basis: "record" })],
    ] as const) {
        it(`of ${name} is as its golden files`, () => {
            golden(`${name}.md`, renderMarkdown(report));
            golden(`${name}.json`, `${JSON.stringify(report, undefined, 2)}\n`);
            golden(`${name}.html`, renderHtml(report));
        });
    }

    it("has what is dangerous first, and among equals what touches data", () => {
        const { items } = reportOf(
            resultOf(
                change("create", "kubernetes:core/v1:ConfigMap", "c"),
                change("update", "kubernetes:apps/v1:Deployment", "d"),
                change("update", "kubernetes:postgresql.cnpg.io/v1:Cluster", "registry-database-cluster", [
                    differs("spec.imageName", "a", "b"),
                ]),
                change("delete", "kubernetes:core/v1:Namespace", "n"),
            ),
            input,
        );
        assert.deepEqual(
            items.map(({ name }) => name),
            ["n", "registry-database-cluster", "d", "c"],
        );
    });

    it("shows no secret, whoever forgot to mark it", () => {
        const secrets = ["hunter2-password", "AKIAIOSFODNN7EXAMPLE", "c2VjcmV0LWRhdGE=", "in-an-address", "KEYBYTES"];
        const report = reportOf(
            resultOf(
                change("update", "kubernetes:core/v1:Secret", "s", [
                    differs("data.anything", secrets[2], secrets[2]),
                    differs("stringData", {}, { a: secrets[2] }),
                ]),
                release(
                    differs("values.harborAdminPassword", "x", secrets[0]),
                    differs("values.storage", {}, { nested: [{ secretKey: secrets[0], accessKey: secrets[1] }] }),
                    differs("values.proxy.httpProxy", "", `http://me:${secrets[3] ?? ""}@proxy:3128`),
                    differs(
                        "values.tls.pem",
                        "",
                        `-----BEGIN PRIVATE KEY-----\n${secrets[4] ?? ""}\n-----END PRIVATE KEY-----`,
                    ),
                    differs("values.existingSecretAdminPassword", "harbor-admin", "harbor-admin-2"),
                ),
            ),
            { ...input, warnings: [`no answer from https://me:${secrets[3] ?? ""}@proxy`] },
        );
        for (const text of [renderMarkdown(report), renderHtml(report), JSON.stringify(report)]) {
            for (const secret of secrets) assert.ok(!text.includes(secret), secret);
            assert.ok(text.includes("harbor-admin-2"), "the name of a Secret is none");
        }
    });

    it("fits into a comment whatever changes, and says what it leaves out", () => {
        const many = Array.from({ length: 600 }, (_, index) =>
            change("update", "kubernetes:apps/v1:Deployment", `d${String(index)}`, [
                differs("spec.text", "é".repeat(300), "```".repeat(60)),
            ]),
        );
        const text = renderMarkdown(reportOf(resultOf(...many), input));
        assert.ok(Buffer.byteLength(text) <= commentLimit, String(Buffer.byteLength(text)));
        assert.match(text, /report\.html/);
        assert.equal((text.match(/<details>/g) ?? []).length, (text.match(/<\/details>/g) ?? []).length);
        const whole = renderHtml(reportOf(resultOf(...many), input));
        assert.ok(whole.includes("d599"));
    });

    it("lets nobody's text be HTML, a table's border or a mention", () => {
        const evil = "<img src=x> | @everyone `x`";
        const report = reportOf(
            resultOf(change("update", "kubernetes:core/v1:ConfigMap", evil, [differs("data.a", "", evil)])),
            {
                ...input,
                warnings: [evil],
            },
        );
        assert.ok(!renderHtml(report).includes("<img"));
        const [table] = renderMarkdown(report).split("```");
        assert.ok(!/<img|@everyone/.test(table?.replaceAll("`<img src=x> ' @everyone 'x'`", "") ?? ""));
    });

    describe("preview --report", () => {
        const folder = mkdtempSync(path.join(tmpdir(), "anchorage-preview-"));
        after(() => {
            rmSync(folder, { recursive: true, force: true });
        });
        const projectRoot = path.join(__dirname, "../../..");
        const run = (
            result: EngineResult | UserError,
            more: { readonly allow?: readonly string[]; readonly exitCode?: boolean; readonly offline?: boolean } = {},
        ): Promise<ExitCode | undefined> => {
            const engine = {
                name: "pulumi",
                version: "3.241.0",
                stack: "lab",
                outputs: () => Promise.resolve({}),
                preview: ({ onEvent, orRecord }: Parameters<Engine["preview"]>[0] = {}) => {
                    assert.equal(orRecord, true);
                    if (more.offline === true)
                        onEvent?.({ kind: "diagnostic", severity: "warning", message: recordWarning });
                    return result instanceof Error ? Promise.reject(result) : Promise.resolve(result);
                },
            } as unknown as Engine;
            const context = fakeContext({
                projectRoot,
                selectEngine: () => Promise.resolve({ engine, why: "a test" }),
            });
            const { allow, exitCode = true } = more;
            const options = { stack: "lab", engine: "auto", report: folder, exitCode } as const;
            return reportedPreview({ ...options, ...(allow === undefined ? {} : { allow }) }, context);
        };
        const read = (): { verdict: string; basis: string } =>
            JSON.parse(readFileSync(path.join(folder, "report.json"), "utf8")) as { verdict: string; basis: string };

        it("ends with a code that says none, changes or dangerous, and with 0 where nobody asked for it", async () => {
            assert.equal(await run(resultOf()), undefined);
            assert.equal(await run(replicas), ExitCode.changes);
            assert.equal(await run(volume), ExitCode.dangerous);
            assert.equal(await run(volume, { exitCode: false }), undefined);
            assert.equal(await run(volume, { allow: ["database-volume"] }), ExitCode.changes);
            assert.match(readFileSync(path.join(folder, "report.md"), "utf8"), /allowed by --allow database-volume/);
        });

        it("says that the cluster was not asked", async () => {
            await run(replicas, { offline: true });
            assert.deepEqual([read().basis, read().verdict], ["record", "interruption"]);
        });

        it("writes why nothing was previewed, and fails as a preview does", async () => {
            await assert.rejects(run(wrongKey), wrongKey);
            assert.equal(read().verdict, "refused");
        });
    });

    it("counts as refused only what --allow does not name", () => {
        assert.deepEqual(
            refusedDangers(reportOf(volume, input)).map(({ id }) => id),
            ["database-volume"],
        );
        assert.deepEqual(refusedDangers(reportOf(volume, { ...input, allow: ["database-volume"] })), []);
    });
});
