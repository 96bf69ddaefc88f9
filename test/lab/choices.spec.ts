import assert from "node:assert/strict";
import type { Engine } from "../../automation/engine";
import { onLab } from "../../automation/engines/on-lab";
import { createRehearsalEngine } from "../../automation/engines/rehearsal";
import { parseWorkloads } from "../../automation/status";
import { installDefinitions } from "../../lab/operators/definitions";
import { ExitCode, UserError } from "../../lib/errors";
import { exec } from "../../lib/exec";
import { projectRoot, type LabEndpoints } from "../../lib/home";
import { base, choices, type Tree } from "../support/choices";
import { kubectl } from "../support/engine-lab";
import { labTimeout, operatorLab } from "../support/lab";

/**
 * Each row comes up from nothing; what is behind it is changed on the standing registry, one after the other. Together
 * they have every choice of the settings.
 */
const rows: readonly (readonly [from: readonly string[], ...then: string[]])[] = [
    [
        ["database-cloudnative-pg", "cache-redis-ot", "storage-minio", "exposure-route-envoy-gateway", "metrics"],
        "tls-self-signed",
        "scanning-mirrors",
    ],
    [["database-zalando", "cache-redis-spotahome", "exposure-route-traefik", "replicas"], "tls-certificate", "portal"],
    [["database-external", "cache-external", "storage-shared-volume", "tls-lets-encrypt"], "scanning-off", "tls-vault"],
    [["database-external-made", "cache-external-sentinel", "storage-nfs", "exposure-node-port"]],
    [["storage-swift", "tls-internal", "exposure-ingress-nginx"], "exposure-ingress-traefik", "exposure-cluster-ip"],
    [
        ["storage-s3-aws"],
        ...["minio", "seaweedfs", "garage", "rustfs", "ceph", "versitygw"].map((s3) => `storage-s3-${s3}`),
    ],
];

/** Two that do not go together: the row that has the one is refused with the other. */
const apart = {
    one: "exposure-node-port",
    other: "tls-vault",
    why: /exposure\.rateLimit is set, but with tls\.kind "vault"/,
};

/** What cannot be made in a lab, and where it is proved. */
const elsewhere: Readonly<Record<string, string>> = {
    "storage-aws": "needs AWS itself: mocks and golden trees",
    backup: "needs Velero, which is built for it only: test/lab/backup-velero.spec.ts",
};

function settingsOf(names: readonly string[]): Tree {
    return names.reduce<Tree>((settings, name) => {
        const choice = choices[name];
        assert.ok(choice, `there is no choice ${name}`);
        const harbor = { ...(settings["harbor"] as Tree | undefined), ...(choice["harbor"] as Tree | undefined) };
        return { ...settings, ...choice, ...(Object.keys(harbor).length > 0 ? { harbor } : {}) };
    }, base);
}

describe("every choice in the lab", function () {
    this.timeout(300_000);

    let lab: LabEndpoints;

    before(async function () {
        this.timeout(labTimeout);
        lab = await operatorLab();
        // As `up` has it in a lab: ServiceMonitors are of a kind that the cluster brings.
        await installDefinitions({ name: lab.name, owners: ["prometheus-operator"], exec });
        // Of a cluster's own, as the choice `replicas` expects it.
        await kubectl(lab, "create", "priorityclass", "registry", "--value=1000");
    });

    async function engineOf(names: readonly string[]): Promise<Engine> {
        const own = { projectRoot, stack: "lab", overrides: settingsOf(names) };
        return createRehearsalEngine(await onLab(own, lab.name, process.env));
    }

    async function requireReady(): Promise<void> {
        const workloads = parseWorkloads(await kubectl(lab, "get", "deployments,statefulsets", "-A", "-o", "json"));
        assert.ok(workloads.length >= 4, `${String(workloads.length)} workloads`);
        for (const { name, ready, wanted } of workloads) assert.equal(ready, wanted, name);
    }

    it("are all among the rows", () => {
        const named = [...rows.flat(2), ...Object.keys(elsewhere)];
        assert.deepEqual(named.toSorted(), Object.keys(choices).toSorted());
    });

    for (const [from, ...then] of rows) {
        describe(from.join(", "), () => {
            let names = [...from];

            it("comes up from nothing, with every workload ready and nothing left to change", async () => {
                const engine = await engineOf(names);
                await engine.up();
                await requireReady();
                assert.deepEqual(
                    (await engine.preview()).changes.filter(({ op }) => op !== "same"),
                    [],
                );
            });

            for (const choice of then) {
                it(`then changes to ${choice}`, async () => {
                    names = [...names, choice];
                    const engine = await engineOf(names);
                    await engine.up();
                    await requireReady();
                });
            }

            if (from.includes(apart.one))
                it(`is refused with ${apart.other}, and stands as it did`, async () => {
                    await assert.rejects((await engineOf([...names, apart.other])).up(), (error: unknown) => {
                        assert.ok(error instanceof UserError);
                        assert.equal(error.exitCode, ExitCode.usage);
                        assert.match(error.details.join(), apart.why);
                        return true;
                    });
                    assert.deepEqual(
                        (await (await engineOf(names)).preview()).changes.filter(({ op }) => op !== "same"),
                        [],
                    );
                });

            after(async () => {
                const engine = await engineOf(names);
                await engine.unprotect();
                await engine.destroy();
                assert.deepEqual(await engine.resources(), []);
            });
        });
    }
});
