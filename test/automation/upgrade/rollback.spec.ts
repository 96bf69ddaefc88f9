import assert from "node:assert/strict";
import type { HopRecord, UpgradeRecord } from "../../../automation/upgrade/record";
import { factsOf } from "../../../automation/upgrade/tell";
import { upgradeRollback } from "../../../automation/upgrade/rollback";
import { ExitCode, UserError } from "../../../lib/errors";
import type { Exec } from "../../../lib/exec";
import {
    asOutputs,
    collectingReporter,
    fakeContext,
    fakeEngine,
    sampleBackup,
    sampleOutputs,
} from "../../support/fakes";

const bucket = { ...sampleBackup.bucket, endpoint: "http://127.0.0.1:9" };
const outputs = { ...sampleOutputs, backup: { ...sampleBackup, bucket } };

function hop(from: string, to: string, state: HopRecord["state"]): HopRecord {
    const nothing = { sample: [], schedules: [], pausedQueues: [], replicas: {} };
    return { from, to, fromChart: "1.0.0", chart: "1.0.0", engineChange: false, state, ...nothing };
}

/** Of an upgrade over two hops. */
function recordOf([first, second]: readonly HopRecord["state"][]): UpgradeRecord {
    return {
        ...{ version: 1, id: "a1", stack: "lab", beganAt: "2026-11-29T00:00:00Z", by: "anna@build-1" },
        hops: [
            ...(first === undefined ? [] : [hop("2.12.2", "2.14.4", first)]),
            ...(second === undefined ? [] : [hop("2.14.4", "2.15.2", second)]),
        ],
    };
}

/** What the command says of that record, to somebody who then says no. */
async function rollback(states: readonly HopRecord["state"][], to?: string) {
    const record = recordOf(states);
    const changed: string[] = [];
    const exec: Exec = (_file, args) => {
        const asked = args.join(" ");
        if (!asked.includes(" get ")) changed.push(asked);
        const stdout = asked.includes("configmap anchorage-upgrade")
            ? JSON.stringify({ data: { "upgrade.json": JSON.stringify(record) } })
            : asked.includes(" secret ")
              ? JSON.stringify({
                    data: {
                        k: Buffer.from("[default]\naws_access_key_id=a\naws_secret_access_key=b\n").toString("base64"),
                    },
                })
              : "";
        return Promise.resolve({ stdout, stderr: "" });
    };
    const { reporter, text } = collectingReporter();
    const { engine } = fakeEngine({ outputs: () => Promise.resolve(asOutputs(outputs)) });
    const questions: string[] = [];
    const context = fakeContext({
        ...{ reporter, exec, interactive: true, kubectl: () => Promise.resolve("kubectl") },
        selectEngine: () => Promise.resolve({ engine, why: "the test says so" }),
        confirm: (question) => {
            questions.push(question);
            return Promise.resolve(false);
        },
    });
    const options = { stack: "lab", engine: "auto", yes: false, ...(to === undefined ? {} : { to }) } as const;
    const error = await upgradeRollback(options, context).then(
        () => undefined,
        (thrown: unknown) => thrown,
    );
    assert.deepEqual(changed, []);
    return { questions, error, text: text() };
}

describe("upgrade rollback: how far it goes", () => {
    it("undoes the hop under way, or the last one, and says what is lost", async () => {
        assert.deepEqual((await rollback(["upgraded", "changing"])).questions, ["put Harbor 2.14.4 back?"]);
        assert.deepEqual((await rollback(["upgraded", "back"])).questions, ["put Harbor 2.14.4 back?"]);
        assert.deepEqual((await rollback(["upgraded", "upgraded"])).questions, [
            "put Harbor 2.14.4 back? What was pushed since then is lost.",
        ]);
    });

    it("undoes no further hop where it is typed once more, and names the way there", async () => {
        const { questions, error, text } = await rollback(["upgraded", "rolled-back"]);
        assert.deepEqual([questions, error], [[], undefined]);
        assert.match(text, /Harbor 2\.14\.4 is back already: nothing is to be done/);
        assert.match(text, /next: npx anchorage upgrade rollback --to 2\.12\.2 undoes the hop before it too/);
        const all = await rollback(["rolled-back", "rolled-back"]);
        assert.deepEqual([all.questions, all.error], [[], undefined]);
        assert.doesNotMatch(all.text, /next:/);
    });

    it("is told by a report as it has to be typed", () => {
        const wayBack = (...states: HopRecord["state"][]): string | undefined =>
            factsOf(recordOf(states), " --stack prod")["the way back"];
        assert.match(
            wayBack("upgraded", "upgraded") ?? "",
            /^npx anchorage upgrade rollback --stack prod puts Harbor 2\.14\.4/,
        );
        assert.match(
            wayBack("upgraded", "rolled-back") ?? "",
            /rollback --stack prod --to 2\.12\.2 puts Harbor 2\.12\.2/,
        );
        assert.equal(wayBack("rolled-back", "rolled-back"), undefined);
    });

    it("goes as far as it is told, whatever was undone before", async () => {
        const lost = "put Harbor 2.12.2 back? What was pushed since then is lost.";
        assert.deepEqual((await rollback(["upgraded", "upgraded"], "2.12.2")).questions, [lost]);
        assert.deepEqual((await rollback(["upgraded", "rolled-back"], "2.12.2")).questions, [lost]);
        assert.deepEqual((await rollback(["upgraded", "changing"], "2.12.2")).questions, [lost]);
        assert.match((await rollback(["upgraded", "rolled-back"], "2.14.4")).text, /2\.14\.4 is back already/);
    });

    it("refuses a Harbor that no hop leads back to, and says what each hop is", async () => {
        const { questions, error } = await rollback(["upgraded", "upgraded"], "2.13.1");
        assert.deepEqual(questions, []);
        assert.ok(error instanceof UserError);
        assert.equal(error.exitCode, ExitCode.usage);
        assert.match(
            error.render(),
            /no hop from Harbor 2\.13\.1.*\n.*2\.12\.2 to 2\.14\.4: upgraded\n.*2\.14\.4 to 2\.15\.2/,
        );
        assert.match(error.render(), /next: npx anchorage upgrade rollback --to 2\.14\.4/);
    });
});
