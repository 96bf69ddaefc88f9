import assert from "node:assert/strict";
import path from "node:path";
import type { Engine, EngineEvent } from "../../automation/engine";
import { onLab } from "../../automation/engines/on-lab";
import { createRehearsalEngine } from "../../automation/engines/rehearsal";
import { ExitCode, UserError } from "../../lib/errors";
import { projectRoot, type LabEndpoints } from "../../lib/home";
import { labTimeout, sharedLab } from "../support/lab";

const policyPacks = [path.join(projectRoot, "policies")];

/** What breaks three mandatory rules at once. */
const broken = {
    tls: { kind: "none" },
    harbor: { values: { core: { resources: { limits: null } } } },
    exposure: { kind: "loadBalancer", host: "registry.example.com" },
};

describe("the policy pack in the rehearsal", function () {
    this.timeout(120_000);

    let lab: LabEndpoints;

    before(async function () {
        this.timeout(labTimeout);
        lab = await sharedLab();
    });

    async function engineOf(overrides: Readonly<Record<string, unknown>>): Promise<Engine> {
        return createRehearsalEngine(await onLab({ projectRoot, stack: "lab", overrides }, lab.name, process.env));
    }

    it("is kept by a stack of ours, which is told what is only advised", async () => {
        const events: EngineEvent[] = [];
        const engine = await engineOf({});
        const { changes } = await engine.preview({ policyPacks, onEvent: (event) => events.push(event) });
        assert.ok(changes.length > 20);
        const told = events.flatMap((event) => (event.kind === "diagnostic" ? [event.message] : []));
        assert.ok(
            told.some((message) =>
                message.startsWith("policy anchorage/backup-schedule-present: no Schedule of Velero"),
            ),
            told.join("\n"),
        );
    });

    it("refuses at the preview all that breaks a mandatory rule, each with its place", async () => {
        const engine = await engineOf(broken);
        await assert.rejects(engine.preview({ policyPacks }), (error: unknown) => {
            assert.ok(error instanceof UserError);
            assert.equal(error.exitCode, ExitCode.refused);
            assert.equal(error.message, "stack lab breaks 3 mandatory policies", error.details.join());
            const [first = "", second = "", third = ""] = [...error.details].sort();
            assert.match(
                first,
                /^anchorage\/external-url-over-https: registry-harbor-release: values\.externalURL is http:/,
            );
            assert.match(second, /^anchorage\/resources-set: registry-harbor-release: values\.core\.resources/);
            assert.match(third, /^anchorage\/tls-on: registry-harbor-release: values\.expose\.type is loadBalancer/);
            return true;
        });
    });

    it("stops an update before the resource that breaks it, and the preview passes without the pack", async () => {
        const engine = await engineOf(broken);
        await engine.preview();
        await assert.rejects(engine.up({ policyPacks }), (error: unknown) => {
            assert.ok(error instanceof UserError);
            assert.equal(error.exitCode, ExitCode.refused);
            return true;
        });
        const made = await engine.resources();
        assert.deepEqual(
            made.filter(({ name }) => name === "registry-harbor-release"),
            [],
        );
        await engine.unprotect();
        await engine.destroy();
    });

    it("is a clear error where a folder holds none", async () => {
        const engine = await engineOf({});
        const folder = path.join(projectRoot, "docs");
        await assert.rejects(engine.preview({ policyPacks: [folder] }), (error: unknown) => {
            assert.ok(error instanceof UserError);
            assert.equal(error.exitCode, ExitCode.usage);
            assert.match(error.message, /docs is no policy pack: it has no PulumiPolicy\.yaml/);
            return true;
        });
    });
});
