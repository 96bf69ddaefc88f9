import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startRehearsalLab } from "../../automation/rehearsal-lab";
import { fakeContext } from "../support/fakes";

type Raw = Readonly<Record<string, unknown>>;

describe("charts that a stack needs of its lab", () => {
    let projectRoot: string;

    before(async () => {
        projectRoot = await mkdtemp(path.join(tmpdir(), "anchorage-rehearsal-lab-"));
        await writeFile(path.join(projectRoot, "Pulumi.yaml"), "name: anchorage\nruntime: nodejs\n");
    });

    after(async () => {
        await rm(projectRoot, { recursive: true });
    });

    /** What the lab was asked for. */
    async function asked(settings: Raw, lab?: string): Promise<string[]> {
        const config = Object.fromEntries(Object.entries(settings).map(([key, value]) => [`anchorage:${key}`, value]));
        await writeFile(path.join(projectRoot, "Pulumi.prod.yaml"), JSON.stringify({ config }));
        const calls: string[] = [];
        const context = fakeContext({
            projectRoot,
            lab: {
                start: ({ name }) => {
                    calls.push(`start ${name}`);
                    return Promise.resolve({ kubeconfig: "", s3Endpoint: "", alreadyRunning: false });
                },
                harborChart: (name, { folder, app, absent }) => {
                    assert.equal(absent.includes("core.podDisruptionBudget"), app < "2.15", app);
                    calls.push(`${folder} in ${name}`);
                    return Promise.resolve(`/labs/${name}/charts/${folder}`);
                },
            },
        });
        await startRehearsalLab({ stack: "prod", engine: "auto", ...(lab === undefined ? {} : { lab }) }, context);
        return calls;
    }

    const inLab: Raw = { cluster: { kind: "lab" }, charts: { source: "contract" } };
    const elsewhere: Raw = {
        cluster: { kind: "kubeconfig" },
        storage: { kind: "volume", accessMode: "ReadWriteMany" },
        harbor: { version: "2.13.1" },
    };

    it("are Harbor's own of the version that the settings name", async () => {
        assert.deepEqual(await asked({ ...inLab, harbor: { version: "2.12.2" } }), ["harbor-1.16.2 in anchorage"]);
        assert.deepEqual(await asked({ ...inLab, harbor: { version: "2.15.1" } }), ["harbor-1.19.1 in anchorage"]);
    });

    it("are none for the version that the project's own chart stands for, or with charts of somebody else", async () => {
        assert.deepEqual(await asked(inLab), []);
        const charts = { source: "folder", location: "charts" };
        assert.deepEqual(await asked({ ...inLab, charts, harbor: { version: "2.12.2" } }), []);
    });

    it("are the lab's where a stack is rehearsed, wherever its own come from", async () => {
        assert.deepEqual(await asked(elsewhere, "rehearsal"), ["start rehearsal", "harbor-1.17.1 in rehearsal"]);
        assert.deepEqual(await asked(elsewhere), []);
    });
});
