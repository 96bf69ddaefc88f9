import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { renderReport, reportJson, writeReport, type Report } from "../../automation/report";
import { UserError } from "../../lib/errors";

const beganAt = Date.parse("2026-11-23T10:00:00Z");
const report: Report = {
    verb: "verify",
    stack: "public",
    subject: "https://registry.example.com",
    beganAt,
    endedAt: beganAt + 4_000,
    facts: { harbor: "2.15.2" },
    result: {
        interrupted: false,
        error: new UserError("no <scan>", { details: ["Trivy & co"], next: ["wait"] }),
        records: [
            {
                id: "push",
                title: "push an image",
                kind: "step",
                state: "done",
                detail: "sha256:1",
                beganAt,
                elapsedMs: 1_000,
            },
            {
                id: "sign",
                title: "sign it",
                kind: "step",
                state: "skipped",
                detail: "no cosign",
                beganAt,
                elapsedMs: 0,
            },
            {
                id: "scan",
                title: "scan <it>",
                kind: "step",
                state: "failed",
                beganAt: beganAt + 1_000,
                elapsedMs: 2_000,
            },
            { id: "push", title: "delete it", kind: "undo", state: "done", beganAt: beganAt + 3_000, elapsedMs: 1_000 },
        ],
    },
};

describe("a workflow's report", () => {
    it("is an object for machines", () => {
        const json = reportJson(report) as Record<string, unknown>;
        assert.equal(json["outcome"], "failed");
        assert.equal(json["elapsedMs"], 4_000);
        assert.equal(json["error"], "no <scan>\n  - Trivy & co\n  next: wait");
        assert.deepEqual((json["steps"] as unknown[])[0], {
            id: "push",
            title: "push an image",
            kind: "step",
            state: "done",
            detail: "sha256:1",
            elapsedMs: 1_000,
            began: "2026-11-23T10:00:00.000Z",
        });
        const outcome = (result: Report["result"]) =>
            (reportJson({ ...report, result }) as { readonly outcome: string }).outcome;
        assert.equal(outcome({ records: [], interrupted: false }), "succeeded");
        assert.equal(outcome({ records: [], interrupted: true, error: new UserError("x") }), "interrupted");
    });

    it("is a page that loads nothing, runs nothing and shows texts as texts", () => {
        const page = renderReport(report);
        assert.doesNotMatch(page, /<script|<link|<img|\b(?:src|href)=|url\(|@import/i);
        assert.match(page, /Content-Security-Policy" content="default-src 'none'/);
        assert.match(page, /no &lt;scan&gt;\n {2}- Trivy &amp; co/);
        assert.doesNotMatch(page, /<scan>|scan <it>/);
        assert.match(page, /verify of stack public: <span class="failed">failed/);
    });

    it("has a timeline: each step where it was, none for what was skipped", () => {
        const bars = [...renderReport(report).matchAll(/left:([\d.]+)%;width:([\d.]+)%/g)].map(([, left, width]) => [
            Number(left),
            Number(width),
        ]);
        assert.deepEqual(bars, [
            [0, 25],
            [25, 50],
            [75, 25],
        ]);
    });

    it("is kept in two files that its owner alone may read", async () => {
        const folder = await mkdtemp(path.join(tmpdir(), "anchorage-report-"));
        try {
            const files = await writeReport(report, path.join(folder, "reports"));
            assert.equal(path.basename(files.json), "20261123T100000Z-verify-public.json");
            assert.deepEqual(JSON.parse(await readFile(files.json, "utf8")), reportJson(report));
            assert.equal(await readFile(files.html, "utf8"), renderReport(report));
            for (const file of [files.json, files.html]) assert.equal((await stat(file)).mode & 0o777, 0o600);
        } finally {
            await rm(folder, { recursive: true });
        }
    });
});
