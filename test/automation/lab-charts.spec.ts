import assert from "node:assert/strict";
import { labCharts, labChartPins, labOperators } from "../../automation/lab-charts";
import type { LabChartPin } from "../../automation/context";
import { operatorIds } from "../../config/schema/operators";
import { ExitCode, UserError } from "../../lib/errors";
import { collectingReporter, fakeContext } from "../support/fakes";

describe("lab charts", () => {
    const made = (name: string, pins: readonly LabChartPin[]) =>
        Promise.resolve(pins.map((pin) => ({ ...pin, folder: `/labs/${name}/charts/${pin.folder}` })));

    it("knows the operators of the settings, each in a folder of its own", () => {
        assert.deepEqual([...labOperators].sort(), [...operatorIds].sort());
        const folders = labChartPins(labOperators).map(({ folder }) => folder);
        assert.equal(new Set(folders).size, folders.length);
        assert.ok(folders.includes("redis-operator") && folders.includes("redis-operator-spotahome"));
    });

    it("prints where each chart is", async () => {
        const { reporter, text } = collectingReporter();
        await labCharts(
            { name: "target", operators: ["zalando", "redis-ot"] },
            fakeContext({ reporter, lab: { charts: made } }),
        );
        assert.match(text(), /zalando +2\.0\.1 +\/labs\/target\/charts\/postgres-operator\n/);
        assert.match(text(), /redis-ot +0\.26\.1 +\/labs\/target\/charts\/redis-operator\n/);
    });

    it("makes all of them where none is named, and tells a machine", async () => {
        const { reporter, text } = collectingReporter("json");
        await labCharts({ name: "anchorage", operators: [] }, fakeContext({ reporter, lab: { charts: made } }));
        const last = JSON.parse(text().trim().split("\n").at(-1) ?? "") as {
            verb: string;
            charts: { operator: string }[];
        };
        assert.equal(last.verb, "lab charts");
        assert.deepEqual(
            last.charts.map(({ operator }) => operator),
            labOperators,
        );
    });

    it("refuses an operator that there is not, before anything is made", async () => {
        await assert.rejects(
            labCharts({ name: "anchorage", operators: ["zalando", "crunchy"] }, fakeContext({})),
            (error: unknown) =>
                error instanceof UserError &&
                error.exitCode === ExitCode.usage &&
                /no operator: crunchy\n.*cert-manager, /.test(error.render()),
        );
    });
});
