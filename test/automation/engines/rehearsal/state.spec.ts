import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { State, stateFiles, type ResourceRecord } from "../../../../automation/engines/rehearsal/state";
import { secret } from "../../../../automation/engines/rehearsal/values";
import { ExitCode } from "../../../../lib/errors";
import { told } from "../../../support/rehearsal";

describe("rehearsal engine: the record of a stack", () => {
    let home: string;
    const open = (passphrase?: string): Promise<State> => State.open(home, "project", "stack", passphrase);
    const files = () => stateFiles(home, "project", "stack");
    const record: ResourceRecord = {
        urn: "urn:pulumi:stack::project::test::one",
        type: "test",
        name: "one",
        custom: true,
        id: "1",
        protect: false,
        retainOnDelete: false,
        dependencies: [],
        inputs: { open: "seen", nested: { list: [secret("hush-input")] } },
        outputs: { result: secret({ word: "hush-output" }) },
        timeouts: {},
    };

    beforeEach(async () => {
        home = await mkdtemp(path.join(tmpdir(), "anchorage-state-"));
    });
    afterEach(() => rm(home, { recursive: true, force: true }));

    for (const [how, passphrase] of [
        ["a key file", undefined],
        ["a passphrase", "open sesame"],
    ] as const) {
        it(`keeps what was put, secrets encrypted by ${how}`, async () => {
            const state = await open(passphrase);
            state.put(record);
            state.outputs = { password: secret("hush-stack") };
            await state.save();
            const text = await readFile(files().state, "utf8");
            assert.ok(text.includes("seen") && !text.includes("hush"), text);
            assert.equal((await stat(files().state)).mode & 0o777, 0o600);
            if (passphrase === undefined) assert.equal((await stat(files().key)).mode & 0o777, 0o600);
            const again = await open(passphrase);
            assert.deepEqual(again.records, [record]);
            assert.deepEqual(again.outputs, { password: secret("hush-stack") });
        });
    }

    it("refuses another passphrase, none, and a key file that is gone", async () => {
        await (await open("right")).save();
        await assert.rejects(open("wrong"), told(/not the one of this stack's state/));
        await assert.rejects(open(undefined), told(/set PULUMI_CONFIG_PASSPHRASE/));
        await rm(files().state);
        await (await open()).save();
        await rm(files().key);
        await assert.rejects(open(), told(/key of this stack's state is gone/));
    });

    for (const [what, content, message] of [
        ["is cut off", '{"format": 1, "resour', /is damaged: it is no JSON; it was left as it is/],
        ["lacks parts", '{"format": 1}', /parts of it are missing/],
        ["is another's", '{"version": 3, "deployment": {}}', /is no state of the rehearsal engine/],
        ["is from a newer version", '{"format": 99}', /is of format 99, and this version reads up to 1/],
    ] as const) {
        it(`does not touch a file that ${what}`, async () => {
            await (await open()).save();
            await writeFile(files().state, content);
            await assert.rejects(open(), told(message, ExitCode.refused));
            assert.equal(await readFile(files().state, "utf8"), content);
        });
    }

    it("finds what is damaged inside of an encrypted value", async () => {
        const state = await open();
        state.put(record);
        await state.save();
        const text = await readFile(files().state, "utf8");
        await writeFile(
            files().state,
            text.replace(/("ciphertext": "[^"]{10})./, (_, head: string) => `${head}!`),
        );
        await assert.rejects(open());
    });

    it("writes every change that was saved while another save was under way", async () => {
        const state = await open();
        const saves = Array.from({ length: 20 }, (_, index) => {
            state.put({ ...record, urn: `${record.urn}${String(index)}` });
            return state.save();
        });
        await Promise.all(saves);
        assert.equal((await open()).records.length, 20);
    });
});
