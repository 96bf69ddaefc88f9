import assert from "node:assert/strict";
import type { LabStatus } from "../../automation/context";
import { labKubeconfig, labList, labReset, labStatus, labStop } from "../../automation/lab-verbs";
import { ExitCode, UserError } from "../../lib/errors";
import { collectingReporter, fakeContext } from "../support/fakes";

const running: LabStatus = {
    ...{ name: "rehearsal", state: "running", kubeconfig: "/labs/rehearsal/kubeconfig" },
    parts: [
        { name: "etcd", state: "running", memory: 40 * 2 ** 20 },
        { name: "s3", state: "running", memory: 60 * 2 ** 20 },
    ],
};

describe("the verbs of a lab", () => {
    /** Labs by name; one that is undefined has a folder and no more. */
    function labs(states: Readonly<Record<string, LabStatus | UserError | undefined>>, kind: "auto" | "json" = "auto") {
        const { reporter, text } = collectingReporter(kind);
        const done: string[] = [];
        const act = (verb: string) => (name: string) => Promise.resolve(void done.push(`${verb} ${name}`));
        const status = (name: string): Promise<LabStatus> => {
            if (!/^[a-z-]+$/.test(name)) throw new UserError(`${name} is no name`, { exitCode: ExitCode.usage });
            const state = states[name];
            return state instanceof UserError
                ? Promise.reject(state)
                : Promise.resolve(state ?? { name, state: "absent", parts: [] });
        };
        const list = (): Promise<string[]> => Promise.resolve(Object.keys(states));
        const lab = { list, status, reset: act("reset"), stop: act("stop") };
        return { context: fakeContext({ reporter, lab }), text, done };
    }

    it("are listed, whatever state they are in", async () => {
        const states = {
            ...{ old: new UserError("lab old has format 0, this version works with 3"), rehearsal: running },
            ...{ target: { name: "target", state: "stopped", parts: [] } as const, torn: undefined },
        };
        const { context, text } = labs(states);
        await labList(context);
        assert.equal(
            text(),
            "old        unknown   lab old has format 0, this version works with 3\n" +
                "rehearsal  running   100 MiB\n" +
                "target     stopped\n" +
                "torn       unknown   its start was not completed\n",
        );
        const machine = labs(states, "json");
        await labList(machine.context);
        const event = JSON.parse(machine.text()) as { labs: { name: string; memory: number }[] };
        assert.deepEqual(
            event.labs.map(({ name, memory }) => [name, memory]),
            [
                ["old", 0],
                ["rehearsal", 100 * 2 ** 20],
                ["target", 0],
                ["torn", 0],
            ],
        );
    });

    it("say how to get a lab where there is none", async () => {
        const { context, text } = labs({});
        await labList(context);
        assert.equal(text(), "there is no lab: npx anchorage lab start makes one\n");
    });

    it("end and show the one that is named, and name those that there are where it is not there", async () => {
        const { context, done, text } = labs({ rehearsal: running });
        await labStop("rehearsal", context);
        await labReset({ name: "rehearsal", yes: true }, context);
        await labKubeconfig("rehearsal", false, context);
        assert.deepEqual(done, ["stop rehearsal", "reset rehearsal"]);
        assert.match(text(), /\/labs\/rehearsal\/kubeconfig\n/);
        const stop = await labStop("anchorage", context).catch((error: unknown) => error);
        assert.ok(stop instanceof UserError);
        assert.match(stop.render(), /no lab "anchorage"[^]*lab start\n[^]*lab stop --name rehearsal/);
        await assert.rejects(labKubeconfig("anchorage", false, context), /no lab "anchorage"/);
        assert.deepEqual(done, ["stop rehearsal", "reset rehearsal"]);
    });

    it("asks nobody where it is not there, and ends what may be left of it", async () => {
        const { context, done, text } = labs({ rehearsal: running, target: running });
        await labReset({ name: "anchorage", yes: false }, context);
        assert.equal(text(), "there is no lab anchorage: nothing to delete\n  there are: rehearsal, target\n");
        assert.deepEqual(done, ["reset anchorage"]);
    });

    it("asks before it deletes one that is there", async () => {
        const { context, done } = labs({ rehearsal: running });
        const error = await labReset({ name: "rehearsal", yes: false }, context).catch((error: unknown) => error);
        assert.ok(error instanceof UserError);
        assert.equal(error.exitCode, ExitCode.usage);
        assert.deepEqual(done, []);
    });

    it("tell of the others with the state of one that is not there", async () => {
        const { context, text } = labs({ rehearsal: running });
        assert.equal(await labStatus("anchorage", context), true);
        assert.equal(text(), "lab anchorage does not exist: npx anchorage lab start\n  there are: rehearsal\n");
    });

    it("refuse what is no name", async () => {
        const { context } = labs({ rehearsal: running });
        for (const verb of [
            labStop("A B", context),
            labReset({ name: "A B", yes: true }, context),
            labKubeconfig("A B", false, context),
        ])
            await assert.rejects(verb, (error) => error instanceof UserError && error.exitCode === ExitCode.usage);
    });

    it("says what to do with one whose start was not completed", async () => {
        const { context } = labs({ torn: undefined });
        await assert.rejects(labKubeconfig("torn", false, context), /torn was not started to its end/);
    });
});
