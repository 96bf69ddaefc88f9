import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { stringify } from "yaml";
import { plan } from "../../automation/plan";
import { planFormats, type PlanFormat } from "../../automation/plan-formats";
import { renderMarkdown, renderText, type StackPlan } from "../../automation/render/plan";
import { renderMermaid } from "../../automation/render/plan-mermaid";
import { plain, styleFor } from "../../automation/render/style";
import { listStacks } from "../../automation/stack-files";
import type { Part } from "../../config/parts/part";
import { ExitCode, UserError } from "../../lib/errors";
import { projectRoot } from "../../lib/home";
import { collectingReporter, fakeContext } from "../support/fakes";
import { readFlowchart } from "../support/mermaid";

const large = {
    cluster: { kind: "kubeconfig", context: "production" },
    harbor: { metrics: true, replicas: { portal: 2, core: 2, jobservice: 2, registry: 2 } },
    exposure: { kind: "ingress", host: "registry.example.com", controller: "ingress-nginx" },
    tls: { kind: "lets-encrypt", email: "ops@example.com" },
    database: { kind: "cloudnative-pg" },
    cache: { kind: "redis-spotahome" },
    storage: {
        kind: "s3",
        bucket: "images",
        accessKey: { secure: "AAABADQXFlU0mZC0IjAx" },
        secretKey: { secure: "AAABAHVsdHJhLXNlY3JldA" },
    },
};

/** Signs that a text may hold and a picture must not. */
const odd: Part = {
    id: "odd-one",
    title: 'a "b" <c> #d; `e` |f| \\g & [h] (i) {j}\nk',
    kind: "component",
    version: '"1"',
    namespace: "end",
    instances: 2,
    uses: [{ part: "end", what: '"|"' }],
};
const end: Part = { id: "end", title: "end", kind: "database", uses: [], keeps: "a | b" };

describe("plan", () => {
    let folder: string;

    before(() => {
        folder = mkdtempSync(path.join(tmpdir(), "anchorage-plan-"));
        cpSync(path.join(projectRoot, "Pulumi.yaml"), path.join(folder, "Pulumi.yaml"));
        const stacks: Record<string, object> = {
            large,
            small: { cluster: { kind: "lab" } },
            wrong: { cluster: { kind: "lab" }, harbor: { versoin: "1" }, namespace: "No" },
        };
        for (const [stack, settings] of Object.entries(stacks)) {
            const config = Object.fromEntries(
                Object.entries(settings).map(([key, value]) => [`anchorage:${key}`, value as unknown]),
            );
            writeFileSync(path.join(folder, `Pulumi.${stack}.yaml`), stringify({ config }));
        }
    });

    after(() => {
        rmSync(folder, { recursive: true, force: true });
    });

    async function printed(stack: string, format: PlanFormat, root = folder, kind?: "json"): Promise<string> {
        const { reporter, text } = collectingReporter(kind);
        await plan({ stack, format }, fakeContext({ reporter, projectRoot: root }));
        return text();
    }
    const explained = async (stack: string): Promise<StackPlan> =>
        JSON.parse(await printed(stack, "json")) as StackPlan;

    it("explains every stack of the project, in every format, without an engine or a cluster", async () => {
        const stacks = await listStacks(projectRoot);
        assert.ok(stacks.length >= 5);
        for (const stack of stacks) {
            for (const format of planFormats) {
                const text = await printed(stack, format, projectRoot);
                assert.ok(text.length > 500, `${stack} as ${format}`);
                assert.doesNotMatch(text, /undefined|\[object|NaN/);
            }
            readFlowchart((await printed(stack, "mermaid", projectRoot)).trimEnd().split("\n"));
        }
    });

    it("is words: the address, the way in, where the data is, who looks after it", async () => {
        const text = await printed("large", "text");
        assert.match(text, /^large: Harbor 2\.15\.2 \(chart 1\.19\.2\) at https:\/\/registry\.example\.com\n/);
        assert.match(text, /It runs in namespace harbor on the cluster production\./);
        assert.match(text, /through ingress-nginx \(Ingress\), with a certificate from: Let's Encrypt\./);
        assert.match(
            text,
            /Images are kept in: Bucket images on AWS\. Everything else is in: PostgreSQL of CloudNativePG\./,
        );
        assert.match(
            text.replaceAll("\n", " "),
            /Operators that look after them: cert-manager, CloudNativePG, redis-operator/,
        );
        assert.match(text, /^ {2}core +2\.15\.2 +2 +harbor/m);
        assert.match(text, /^ {2}registry +→ storage +layers$/m);
        for (const line of text.split("\n")) assert.equal(line, line.trimEnd());
    });

    it("tells what is retired, with its date and what to take, and what is single, with what mends it", async () => {
        const text = await printed("large", "text");
        const [, retired = "", single = ""] =
            /Retired upstream\n([^]*)\nSingle points of failure\n([^]*)/.exec(text) ?? [];
        assert.match(
            retired,
            /^ {2}ingress-nginx \(Ingress\): since 2026-03, .*\n.*\n {4}→ take exposure\.kind "route"/m,
        );
        assert.match(
            retired,
            /^ {2}redis-operator of spotahome: since 2023-08, .*\n.*\n {4}→ take cache\.kind "redis-ot"/m,
        );
        assert.match(single, /^ {2}Trivy: one pod: .*\n {4}→ set harbor\.replicas\.trivy: 2$/m);
        assert.doesNotMatch(single, /core/);
        assert.match(await printed("small", "text"), /Retired upstream\n {2}none\n/);
    });

    it("breaks long lines at 100 columns, outside of the tables", async () => {
        const text = await printed("large", "text");
        const prose = text.split("\n").filter((line) => !/ {2}\S.* {2}/.test(line));
        for (const line of prose) assert.ok(line.length <= 100, line);
    });

    it("has colour on a terminal only", async () => {
        const large = await explained("large");
        const lines = renderText(large, plain);
        const colour = /\u001b\[\d+m/g;
        const coloured = renderText(large, styleFor({ isTTY: true }, {}));
        assert.ok(coloured.some((line) => colour.test(line)));
        assert.deepEqual(
            coloured.map((line) => line.replaceAll(colour, "").trimEnd()),
            lines,
        );
        assert.ok(!lines.some((line) => line.includes("\u001b")));
    });

    it("is a picture that Mermaid reads: each part, each use, what is retired and single", async () => {
        const { parts } = await explained("large");
        const { nodes, groups, edges, classes } = readFlowchart(renderMermaid(parts));
        assert.equal(nodes.size, parts.length - 1, "all but the cluster");
        assert.equal(
            edges.length,
            parts.reduce((sum, { uses }) => sum + uses.length, 0),
        );
        assert.ok(
            edges.some(([from, what, to]) => from === "n_clients" && what === "https" && to === "n_ingress_nginx"),
        );
        assert.deepEqual(nodes.get("n_core"), ["core", "2.15.2 × 2"]);
        assert.deepEqual([...groups.keys()].sort(), [
            "namespace cert-manager",
            "namespace cnpg-system",
            "namespace harbor",
            "namespace ingress-nginx",
            "namespace redis-operator-spotahome",
        ]);
        assert.deepEqual(groups.get("namespace ingress-nginx"), ["n_ingress_nginx"]);
        assert.deepEqual(classes.get("retired"), ["n_ingress_nginx", "n_redis_spotahome"]);
        assert.deepEqual(classes.get("single"), ["n_trivy"]);
    });

    it("writes signs of Mermaid's in labels as entities, and keeps clear of its words", () => {
        const { nodes, groups, edges } = readFlowchart(renderMermaid([odd, end]));
        assert.deepEqual(nodes.get("n_odd_one"), [odd.title.replace("\n", " "), '"1" × 2']);
        assert.deepEqual(groups.get("namespace end"), ["n_odd_one"]);
        assert.deepEqual(edges, [["n_odd_one", '"|"', "n_end"]]);
    });

    it("is documented by a picture of the same kind", () => {
        const page = readFileSync(path.join(projectRoot, "docs", "plan.md"), "utf8");
        const [, picture = ""] = /```mermaid\n([^]*?)\n```/.exec(page) ?? [];
        assert.deepEqual(readFlowchart(picture.split("\n")).classes.get("single"), ["n_database"]);
    });

    it("is Markdown with the picture in it, and tables that are whole", async () => {
        const text = await printed("large", "markdown");
        const [, picture = ""] = /```mermaid\n([^]*?)\n```/.exec(text) ?? [];
        assert.equal(`${picture}\n`, await printed("large", "mermaid"));
        assert.match(text, /^# Stack large\n/);
        assert.match(text, /^- \*\*ingress-nginx \(Ingress\)\*\*: since 2026-03, .*; take exposure\.kind "route"/m);
        const { parts, ...rest } = await explained("large");
        const lines = renderMarkdown({ ...rest, parts: [...parts, odd, end] });
        const rows = lines.filter((line) => line.startsWith("|"));
        assert.equal(rows.length, parts.length + 2 + 2);
        for (const row of rows) assert.equal(row.replaceAll(/\\\|/g, "").split("|").length, 8, row);
        assert.ok(rows.some((row) => row.includes("a \\| b")));
    });

    it("is JSON for a machine, by --format json and by --json", async () => {
        const { parts, ...rest } = await explained("large");
        assert.deepEqual(rest, {
            stack: "large",
            registryUrl: "https://registry.example.com",
            harborVersion: "2.15.2",
            chartVersion: "1.19.2",
            namespace: "harbor",
        });
        const event = JSON.parse(await printed("large", "text", folder, "json")) as Record<string, unknown>;
        assert.equal(event["kind"], "result");
        assert.equal(event["verb"], "plan");
        assert.deepEqual(event["parts"], JSON.parse(JSON.stringify(parts)));
    });

    it("shows neither an encrypted setting nor what it is encrypted to", async () => {
        for (const format of planFormats) {
            const text = await printed("large", format);
            assert.doesNotMatch(text, /AAABA|secure|encrypted/);
        }
    });

    it("does not look into an encrypted setting, and looks at everything beside it", async () => {
        const tls = { kind: "certificate", certificate: "no/such.pem", key: { secure: "AAABAA" } };
        const exposure = { kind: "route", host: "registry.example.com" };
        const config = { "anchorage:cluster": large.cluster, "anchorage:exposure": exposure, "anchorage:tls": tls };
        writeFileSync(path.join(folder, "Pulumi.given.yaml"), stringify({ config }));
        await assert.rejects(printed("given", "text"), (error: unknown) => {
            assert.ok(error instanceof UserError);
            assert.equal(error.details.length, 1);
            assert.match(error.details[0] ?? "", /^tls\.certificate /);
            return true;
        });
        rmSync(path.join(folder, "Pulumi.given.yaml"));
    });

    it("refuses wrong settings with every mistake at once, as the program does", async () => {
        await assert.rejects(printed("wrong", "text"), (error: unknown) => {
            assert.ok(error instanceof UserError);
            assert.equal(error.exitCode, ExitCode.usage);
            assert.equal(error.details.length, 2);
            assert.match(error.render(), /harbor\.versoin is no setting; did you mean harbor\.version\?/);
            return true;
        });
    });

    it("refuses a stack that is not there, and names those that are", async () => {
        await assert.rejects(printed("lage", "text"), (error: unknown) => {
            assert.ok(error instanceof UserError);
            assert.equal(error.exitCode, ExitCode.usage);
            assert.match(error.render(), /stacks here: large, small, wrong/);
            return true;
        });
    });
});
