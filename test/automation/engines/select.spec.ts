import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Engine, ResourceState, StackSelection } from "../../../automation/engine";
import type { CliSearch } from "../../../automation/engines/pulumi/find-cli";
import { selectEngine, type SelectTools } from "../../../automation/engines/select";
import { UserError } from "../../../lib/errors";
import { fakeEngine, sampleResource, unexpected } from "../../support/fakes";

const cli = { path: "/usr/bin/pulumi", version: "3.259.0" };

describe("choice of the engine", () => {
    let projectRoot: string;

    before(async () => {
        projectRoot = await mkdtemp(path.join(tmpdir(), "select-engine-"));
        await writeFile(path.join(projectRoot, "Pulumi.yaml"), "name: anchorage\n");
        for (const [stack, kind] of [
            ["lab", "lab"],
            ["dev", "kind"],
        ]) {
            const text = `config:\n  anchorage:cluster:\n    kind: ${String(kind)}\n`;
            await writeFile(path.join(projectRoot, `Pulumi.${String(stack)}.yaml`), text);
        }
        await writeFile(path.join(projectRoot, "Pulumi.broken.yaml"), "config: [\n");
    });

    after(async () => {
        await rm(projectRoot, { recursive: true, force: true });
    });

    const select = (stack: string): StackSelection => ({ projectRoot, stack });

    function tools(found: CliSearch, recorded: readonly ResourceState[] = []): SelectTools {
        const rehearsal: Engine = fakeEngine({ resources: () => Promise.resolve(recorded) }).engine;
        return {
            exec: unexpected("exec"),
            env: {},
            findCli: () => Promise.resolve(found),
            pulumi: (_selection, { version }) => ({ ...fakeEngine({}).engine, name: "pulumi", version }),
            rehearsal: () => rehearsal,
        };
    }

    const withCli = { cli, rejected: [] };
    const withoutCli = { rejected: [] };

    it("auto: the pulumi CLI where there is one", async () => {
        for (const stack of ["lab", "dev"]) {
            const { engine, why } = await selectEngine("auto", select(stack), tools(withCli));
            assert.equal(engine.name, "pulumi");
            assert.equal(why, "the pulumi CLI 3.259.0 is at /usr/bin/pulumi");
        }
    });

    it("auto: the rehearsal for a lab without one, and says so", async () => {
        const { engine, why } = await selectEngine("auto", select("lab"), tools(withoutCli));
        assert.equal(engine.name, "rehearsal");
        assert.equal(why, "no pulumi CLI on PATH or in the Pulumi home; stack lab runs on the embedded cluster");
    });

    it("auto: names the CLI that is there and too old", async () => {
        const { why } = await selectEngine("auto", select("lab"), tools({ rejected: ["pulumi is version 3.1.0"] }));
        assert.match(why, /^pulumi is version 3\.1\.0; /);
    });

    it("auto: a lab that the rehearsal brought up stays with it", async () => {
        const { engine, why } = await selectEngine("auto", select("lab"), tools(withCli, [sampleResource]));
        assert.equal(engine.name, "rehearsal");
        assert.equal(why, "stack lab was brought up by it");
    });

    for (const [wish, stack, found, recorded, exitCode, pattern] of [
        ["auto", "dev", withoutCli, [], 2, /stack dev needs the pulumi CLI[^]*npx --yes pulumi@/],
        ["pulumi", "lab", withoutCli, [], 2, /--engine pulumi needs the pulumi CLI[^]*leave --engine out/],
        ["pulumi", "lab", withCli, [sampleResource], 3, /destroy --stack lab --engine rehearsal/],
        ["rehearsal", "dev", withCli, [], 3, /labs only, and the cluster of stack dev is kind/],
        ["auto", "nowhere", withCli, [], 2, /Pulumi\.nowhere\.yaml does not exist/],
        ["auto", "broken", withCli, [], 2, /Pulumi\.broken\.yaml is no YAML/],
    ] as const) {
        it(`refuses ${wish} for stack ${stack}: exit code ${String(exitCode)}`, async () => {
            await assert.rejects(selectEngine(wish, select(stack), tools(found, recorded)), (error) => {
                assert.ok(error instanceof UserError);
                assert.equal(error.exitCode, exitCode);
                assert.match(error.render(), pattern);
                return true;
            });
        });
    }

    it("takes the rehearsal for a lab when it is asked for, whatever is installed", async () => {
        const { engine } = await selectEngine("rehearsal", select("lab"), tools(withCli));
        assert.equal(engine.name, "rehearsal");
    });

    it("an override of the cluster counts", async () => {
        const selection = { ...select("dev"), overrides: { cluster: { kind: "lab" } } };
        const { engine } = await selectEngine("auto", selection, tools(withoutCli));
        assert.equal(engine.name, "rehearsal");
    });
});
