import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { PulumiCli } from "../../automation/engines/pulumi/find-cli";
import { messageOf } from "../../lib/errors";
import { writeFileAtomic } from "../../lib/files";
import { labEndpointsFile, projectRoot, type LabEndpoints } from "../../lib/home";
import { adapters, AgreementProject, cliOrReason, exercise, type Case } from "../support/agreement";
import { objectsOf } from "../support/cluster-objects";
import { labTimeout, sharedLab } from "../support/lab";

/** Programs of test/support/programs, their settings, and the change that is tried on each. */
interface ProgramCase {
    readonly program: string;
    readonly settings: (lab: LabEndpoints) => Record<string, unknown>;
    readonly change: Record<string, unknown>;
    readonly generated?: readonly string[];
}

const namespace = "engine-agreement";

const programs: readonly ProgramCase[] = [
    {
        program: "kinds",
        settings: () => ({ word: "one", file: path.join(tmpdir(), "engine-agreement-gone") }),
        change: { word: "two" },
        generated: ["caPem", "certificatePem", "petName", "privateKey"],
    },
    {
        program: "basic",
        settings: ({ kubeconfig }) => ({ kubeconfig, namespace, color: "blue" }),
        change: { color: "red" },
    },
    {
        program: "objects",
        settings: ({ kubeconfig }) => ({
            kubeconfig,
            namespace,
            objects: [
                { name: "kept", as: "kept", data: { a: "1" } },
                { name: "changed", data: { a: "1", b: "1" } },
                { name: "removed", data: { a: "1" } },
                { name: "hidden", kind: "secret", data: { a: "1" } },
                { name: "web", kind: "deployment", after: ["changed"] },
                { name: "front", kind: "service" },
                { name: "definition", kind: "definition" },
                { name: "widget", kind: "widget", data: { size: "1" }, after: ["definition"] },
                { name: "told", kind: "command", create: "echo told", after: ["web"] },
            ],
        }),
        change: {
            objects: [
                { name: "kept", as: "kept", data: { a: "1" } },
                { name: "changed", data: { a: "2", c: "1" } },
                { name: "hidden", kind: "secret", data: { a: "2" } },
                { name: "web", kind: "deployment", after: ["changed"], app: "other" },
                { name: "front", kind: "service" },
                { name: "definition", kind: "definition" },
                { name: "widget", kind: "widget", data: { size: "2" }, after: ["definition"] },
                { name: "added", data: { a: "1" } },
                { name: "told", kind: "command", create: "echo told", after: ["web"] },
            ],
        },
    },
    {
        program: "release",
        settings: ({ kubeconfig }) => ({
            kubeconfig,
            namespace,
            chart: path.join(projectRoot, "test", "support", "charts", "web"),
            replicas: 1,
        }),
        change: { replicas: 2 },
    },
];

/**
 * The rehearsal is worth what it shares with the real engine. Both run the same programs here, one after the
 * other on the same lab, and must agree on the resources, the operations, the outputs, what a change would do, and the
 * cluster's objects. Needs a pulumi CLI: on PATH, in the Pulumi home, or named by ANCHORAGE_PULUMI.
 */
describe("agreement of the engines", function () {
    this.timeout(900_000);

    let cli: PulumiCli | string;
    let home: string;
    let lab: LabEndpoints;
    const outer = process.env["ANCHORAGE_HOME"];

    before(async function () {
        this.timeout(labTimeout);
        cli = await cliOrReason();
        if (typeof cli === "string") return;
        lab = await sharedLab();
        // Records of the test's own: the lab's stack of this checkout stays as it is.
        home = await mkdtemp(path.join(tmpdir(), "agreement-home-"));
        process.env["ANCHORAGE_HOME"] = home;
        await writeFileAtomic(labEndpointsFile(lab.name), JSON.stringify(lab), 0o600);
    });

    after(async () => {
        if (typeof cli === "string") return;
        if (outer === undefined) delete process.env["ANCHORAGE_HOME"];
        else process.env["ANCHORAGE_HOME"] = outer;
        await rm(home, { recursive: true, force: true });
    });

    async function assertAgreement(context: Mocha.Context, makeCase: () => Promise<Case> | Case): Promise<void> {
        if (typeof cli === "string") {
            if (context.test) context.test.title += ` (skipped: ${cli})`;
            context.skip();
        }
        const subject = await makeCase();
        const [pulumi, rehearsal] = adapters(cli, home);
        assert.ok(pulumi && rehearsal);
        const real: Record<string, unknown> = await exercise(pulumi, subject);
        const rehearsed: Record<string, unknown> = await exercise(rehearsal, subject);
        const apart = Object.keys(real).flatMap((part) => {
            try {
                assert.deepEqual(rehearsed[part], real[part]);
                return [];
            } catch (error) {
                return [`${part}: ${messageOf(error)}`];
            }
        });
        assert.equal(apart.length, 0, apart.join("\n\n"));
    }

    for (const { program, settings, change, generated } of programs) {
        it(`on the program ${program}`, async function () {
            let project: AgreementProject | undefined;
            try {
                await assertAgreement(this, async () => {
                    project = await AgreementProject.create(program, settings(lab));
                    return { selection: project.selection(), change, generated, look: () => objectsOf(lab, namespace) };
                });
            } finally {
                await project?.remove();
            }
        });
    }

    it("on the stack lab", async function () {
        await assertAgreement(this, () => ({
            selection: {
                projectRoot,
                stack: "lab",
                overrides: {
                    cluster: { kind: "lab", name: lab.name },
                    namespace,
                    storage: { kind: "s3", bucket: "engine-agreement" },
                },
            },
            change: { harbor: { metrics: false, cache: true } },
            look: () => objectsOf(lab, namespace),
        }));
    });
});
