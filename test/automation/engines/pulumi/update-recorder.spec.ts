import type { EngineEvent as PulumiEvent, OpType, StepEventMetadata } from "@pulumi/pulumi/automation";
import assert from "node:assert/strict";
import type { EngineEvent } from "../../../../automation/engine";
import { UpdateRecorder, type UpdateKind } from "../../../../automation/engines/pulumi/update-recorder";

const project = "urn:pulumi:lab::anchorage::";
const stackUrn = `${project}pulumi:pulumi:Stack::anchorage-lab`;
const podUrn = `${project}anchorage:components:Registry$kubernetes:core/v1:Pod::registry-pod`;
const secretValue = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "c" };

function step(op: OpType, urn = podUrn, more: Partial<StepEventMetadata> = {}): StepEventMetadata {
    const type = urn.split("::")[2]?.split("$").at(-1) ?? "";
    return { op, urn, type, provider: "", ...more };
}

const pre = (metadata: StepEventMetadata): Partial<PulumiEvent> => ({ resourcePreEvent: { metadata } });
const post = (metadata: StepEventMetadata): Partial<PulumiEvent> => ({ resOutputsEvent: { metadata } });
const failed = (metadata: StepEventMetadata): Partial<PulumiEvent> => ({
    resOpFailedEvent: { metadata, status: 1, steps: 1 },
});

function says(severity: string, message: string, urn?: string): Partial<PulumiEvent> {
    return {
        diagnosticEvent: { severity, message, color: "never", ...(urn === undefined ? {} : { urn }) },
    } as Partial<PulumiEvent>; // the SDK's types leave "debug" out
}

function record(
    kind: UpdateKind,
    ...events: Partial<PulumiEvent>[]
): { recorder: UpdateRecorder; told: EngineEvent[] } {
    const told: EngineEvent[] = [];
    let clock = 0;
    const recorder = new UpdateRecorder(
        kind,
        (event) => told.push(event),
        () => (clock += 10),
    );
    events.forEach((event, sequence) => {
        recorder.accept({ sequence, timestamp: 0, ...event });
    });
    return { recorder, told };
}

describe("recorder of an update", () => {
    it("makes one operation of the three steps of a replacement, with the differences of any", () => {
        const detailedDiff = { "spec.nodeName": { diffKind: "update-replace", inputDiff: true } } as never;
        const states = {
            old: { inputs: { spec: { nodeName: "a" } } },
            new: { inputs: { spec: { nodeName: "b" } }, parent: stackUrn },
        } as unknown as Partial<StepEventMetadata>;
        const { recorder, told } = record(
            "up",
            pre(step("create-replacement", podUrn, { ...states, detailedDiff })),
            post(step("create-replacement")),
            pre(step("replace")),
            post(step("replace")),
            pre(step("delete-replaced")),
            post(step("delete-replaced")),
        );
        const { changes, summary } = recorder.result({}, 5);
        assert.deepEqual(changes, [
            {
                urn: podUrn,
                type: "kubernetes:core/v1:Pod",
                name: "registry-pod",
                parent: stackUrn,
                op: "replace",
                diff: [{ path: "spec.nodeName", kind: "update", before: "a", after: "b", replaces: true }],
            },
        ]);
        assert.deepEqual(summary, { replace: 1 });
        assert.deepEqual(
            told.map((event) => (event.kind === "resource" ? `${event.phase} ${event.op}` : "?")),
            ["started replace", "done replace"],
        );
    });

    it("lists what a new resource is given, without its secrets and the SDK's own keys", () => {
        const inputs = { length: 20, keepers: { word: secretValue }, __provider: "code" };
        const { recorder } = record("preview", pre(step("create", podUrn, { new: { inputs } } as never)));
        assert.deepEqual(recorder.result({}, 0).changes[0]?.diff, [
            { path: "length", kind: "add", after: 20 },
            { path: "keepers", kind: "add", after: { word: "[secret]" } },
        ]);
    });

    it("tells that a component is done once, though it ends twice", () => {
        const urn = `${project}anchorage:components:Registry::registry`;
        const { told } = record(
            "preview",
            pre(step("create", urn)),
            post(step("create", urn)),
            post(step("create", urn)),
        );
        assert.deepEqual(
            told.map((event) => event.kind === "resource" && event.phase),
            ["started", "done"],
        );
    });

    it("leaves out default providers, which the program did not ask for", () => {
        const urn = `${project}pulumi:providers:random::default_4_21_2`;
        const { recorder, told } = record("up", pre(step("create", urn)), post(step("create", urn)));
        assert.deepEqual([recorder.result({}, 0).changes, told], [[], []]);
    });

    it("keeps the providers that the program made", () => {
        const urn = `${project}pulumi:providers:kubernetes::lab`;
        const { recorder } = record("up", pre(step("create", urn)));
        assert.equal(recorder.result({}, 0).changes[0]?.name, "lab");
    });

    it("says what a refresh found when it ends: drift, gone, or nothing", () => {
        const other = `${project}kubernetes:core/v1:Secret::kept`;
        const gone = `${project}kubernetes:core/v1:Secret::gone`;
        const { recorder } = record(
            "refresh",
            pre(step("refresh")),
            pre(step("refresh", other)),
            pre(step("refresh", gone)),
            post(step("update")),
            post(step("same", other)),
            post(step("delete", gone)),
        );
        assert.deepEqual(
            recorder.result({}, 0).changes.map(({ name, op }) => [name, op]),
            [
                ["registry-pod", "refresh"],
                ["kept", "same"],
                ["gone", "delete"],
            ],
        );
    });

    it("takes the outputs from the stack's own resource, the values of secrets left out", () => {
        const outputs = { url: "http://x", password: secretValue, nested: { a: 1, b: secretValue } };
        const { recorder } = record(
            "preview",
            post(step("same", stackUrn, { new: { outputs } } as unknown as Partial<StepEventMetadata>)),
        );
        assert.deepEqual(recorder.outputs, {
            url: { value: "http://x", secret: false },
            password: { value: "[secret]", secret: true },
            nested: { value: { a: 1, b: "[secret]" }, secret: true },
        });
    });

    it("names a failed resource with everything that was said of it", () => {
        const { recorder, told } = record(
            "up",
            pre(step("create")),
            says("error", "<{%fg 1%}>quota exceeded<{%reset%}>\n", podUrn),
            failed(step("create")),
            says("error", "update failed", stackUrn),
        );
        assert.deepEqual(recorder.failures, [{ urn: podUrn, name: "registry-pod", message: "quota exceeded" }]);
        assert.deepEqual(recorder.programErrors, []);
        assert.deepEqual(told.at(-1), {
            kind: "resource",
            phase: "failed",
            urn: podUrn,
            type: "kubernetes:core/v1:Pod",
            name: "registry-pod",
            op: "create",
            elapsedMs: 10,
            error: "quota exceeded",
        });
    });

    it("keeps errors of the program apart from those of resources", () => {
        const { recorder } = record("preview", says("error", "index.ts threw", stackUrn), says("error", "no plugin"));
        assert.deepEqual([recorder.failures, recorder.programErrors], [[], ["index.ts threw", "no plugin"]]);
    });

    it("passes on no debugging message: they hold whole properties", () => {
        const { told } = record("up", says("debug", "RegisterResource: password=hunter2"), says("warning", "careful"));
        assert.deepEqual(told, [{ kind: "diagnostic", severity: "warning", message: "careful" }]);
    });

    it("tells what breaks a policy, with its resource: an error where the rule is mandatory, else a warning", () => {
        const broke = (enforcementLevel: "mandatory" | "warning", resourceUrn: string): Partial<PulumiEvent> => ({
            policyEvent: {
                color: "never",
                enforcementLevel,
                message: "<{%fg 1%}>What it promises.<{%reset%}>\nspec.tls is empty\n",
                policyName: "tls-on",
                policyPackName: "anchorage",
                policyPackVersion: "0.1.0",
                policyPackVersionTag: "0.1.0",
                resourceUrn,
            },
        });
        const { recorder, told } = record("preview", broke("mandatory", podUrn), broke("warning", stackUrn));
        assert.deepEqual(recorder.brokenPolicies, ["anchorage/tls-on: registry-pod: spec.tls is empty"]);
        assert.deepEqual(
            told.map((event) => (event.kind === "diagnostic" ? [event.severity, event.message] : [])),
            [
                ["error", "policy anchorage/tls-on: registry-pod: spec.tls is empty"],
                ["warning", "policy anchorage/tls-on: spec.tls is empty"],
            ],
        );
    });
});
