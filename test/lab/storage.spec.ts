import assert from "node:assert/strict";
import type { Engine, EngineResult } from "../../automation/engine";
import { createRehearsalEngine } from "../../automation/engines/rehearsal";
import { parseWorkloads } from "../../automation/status";
import { projectRoot, type LabEndpoints } from "../../lib/home";
import { kubectl } from "../support/engine-lab";
import { sharedLab } from "../support/lab";

const namespace = "storage";

function changed(result: EngineResult): string[] {
    return result.changes
        .filter(({ op }) => op !== "same")
        .map(({ name, op }) => `${op} ${name}`)
        .sort();
}

/** Claims that the pods of Harbor mount, with the folder in them, as "pod's component: claim/folder". */
async function mounts(lab: LabEndpoints): Promise<string[]> {
    const list = JSON.parse(await kubectl(lab, "-n", namespace, "get", "deployments,statefulsets", "-o", "json")) as {
        items: Workload[];
    };
    return list.items
        .flatMap(({ metadata, spec: { template } }) =>
            (template.spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim }) => {
                if (!persistentVolumeClaim) return [];
                const mounted = template.spec.containers.flatMap(({ volumeMounts = [] }) =>
                    volumeMounts.filter((mount) => mount.name === name),
                );
                const folders = [...new Set(mounted.map(({ subPath }) => subPath ?? ""))].join(",");
                return [`${metadata.name}: ${persistentVolumeClaim.claimName}/${folders}`];
            }),
        )
        .sort();
}

interface Workload {
    readonly metadata: { readonly name: string };
    readonly spec: {
        readonly template: {
            readonly spec: {
                readonly volumes?: readonly { name: string; persistentVolumeClaim?: { claimName: string } }[];
                readonly containers: readonly { volumeMounts?: readonly { name: string; subPath?: string }[] }[];
            };
        };
    };
}

describe("storage in the lab", function () {
    this.timeout(180_000);

    let lab: LabEndpoints;
    const stack = (storage: Readonly<Record<string, unknown>>): Engine =>
        createRehearsalEngine({
            projectRoot,
            stack: "lab",
            overrides: { cluster: { kind: "lab", name: "shared" }, namespace, storage },
        });

    async function assertReady(): Promise<void> {
        const workloads = parseWorkloads(
            await kubectl(lab, "-n", namespace, "get", "deployments,statefulsets", "-o", "json"),
        );
        assert.ok(workloads.length >= 7);
        for (const { name, ready, wanted } of workloads) assert.equal(ready, wanted, name);
    }

    before(async () => {
        lab = await sharedLab();
    });

    /** With the volumes that outlive a stack, which are in its namespace. */
    async function remove(): Promise<void> {
        const engine = stack({ kind: "volume" });
        await engine.unprotect();
        await engine.destroy();
        assert.equal(await kubectl(lab, "get", "namespace", namespace, "--ignore-not-found"), "");
    }

    after(async () => {
        await remove();
        assert.equal(await kubectl(lab, "get", "pv", "-o", "jsonpath={.items[*].spec.nfs.server}"), "");
    });

    describe("minio", () => {
        const minio = { kind: "minio", size: "20Gi" };

        it("comes up with server and Job", async () => {
            await stack(minio).up();
            await assertReady();
            const job = await kubectl(
                lab,
                "-n",
                namespace,
                "get",
                "job",
                "harbor-minio-set-up",
                "-o",
                "jsonpath={.status.succeeded}",
            );
            assert.equal(job, "1");
        });

        it("has nothing to do a second time", async () => {
            assert.deepEqual(changed(await stack(minio).preview()), []);
        });

        it("runs the Job again for another bucket, and restarts Harbor for its keys", async () => {
            const result = await stack({ ...minio, bucket: "images" }).up();
            const operations = changed(result);
            assert.ok(
                operations.some((operation) => /^(replace|recreate) registry-storage-minio-set-up$/.test(operation)),
                operations.join("\n"),
            );
            await assertReady();
        });

        it("shows no key in a ConfigMap, a Job or a pod", async () => {
            const secrets = await Promise.all(
                [
                    ["harbor-minio-keys", "MINIO_ROOT_PASSWORD"],
                    ["harbor-registry-storage", "REGISTRY_STORAGE_S3_SECRETKEY"],
                ].map(([name = "", key = ""]) =>
                    kubectl(
                        lab,
                        "-n",
                        namespace,
                        "get",
                        "secret",
                        name,
                        "-o",
                        `go-template={{index .data "${key}" | base64decode}}`,
                    ),
                ),
            );
            const objects = await kubectl(
                lab,
                "-n",
                namespace,
                "get",
                "configmaps,jobs,pods,deployments,statefulsets",
                "-o",
                "json",
            );
            for (const secret of secrets) {
                assert.match(secret, /^[A-Za-z0-9]{32}$/);
                assert.ok(!objects.includes(secret), "a key stands in clear");
            }
        });
    });

    describe("swift", () => {
        it("takes the place of MinIO, its password by a Secret", async () => {
            await stack({
                kind: "swift",
                authUrl: "https://keystone.example.com/v3",
                container: "images",
                username: "harbor",
                password: "hush-hush-hush",
            }).up();
            await assertReady();
            const registry = await kubectl(lab, "-n", namespace, "get", "deployment", "harbor-registry", "-o", "json");
            assert.match(registry, /REGISTRY_STORAGE_SWIFT_PASSWORD/);
            assert.ok(!registry.includes("hush-hush-hush"));
            const config = await kubectl(lab, "-n", namespace, "get", "configmap", "harbor-registry", "-o", "json");
            assert.match(config, /authurl: https:\/\/keystone\.example\.com\/v3/);
        });
    });

    describe("nfs", () => {
        const nfs = { kind: "nfs", server: "nfs.example.com", path: "/mnt/nfs_share" };

        // From volumes of their own to folders of one: a StatefulSet's claim templates cannot be changed.
        before(async () => {
            await remove();
        });

        it("binds the claim to the volume, and every component mounts a folder of its own", async () => {
            await stack(nfs).up();
            await assertReady();
            const [claim = ""] = (await mounts(lab)).map((mount) => /: (harbor-nfs-\w+)\//.exec(mount)?.[1] ?? "");
            assert.deepEqual(await mounts(lab), [
                `harbor-database: ${claim}/database`,
                `harbor-jobservice: ${claim}/jobservice`,
                `harbor-redis: ${claim}/redis`,
                `harbor-registry: ${claim}/registry`,
                `harbor-trivy: ${claim}/trivy`,
            ]);
            const bound = await kubectl(
                lab,
                "-n",
                namespace,
                "get",
                "pvc",
                "-o",
                "jsonpath={range .items[*]}{.metadata.name} {.status.phase} {.spec.volumeName}{end}",
            );
            assert.equal(bound, `${claim} Bound ${namespace}-${claim}`);
        });

        it("has nothing to do a second time", async () => {
            assert.deepEqual(changed(await stack(nfs).preview()), []);
        });

        it("moves to another server by another volume and claim, and leaves none of the old ones", async () => {
            await stack({ ...nfs, server: "nfs2.example.com" }).up();
            await assertReady();
            const volumes = await kubectl(lab, "get", "pv", "-o", "jsonpath={.items[*].spec.nfs.server}");
            assert.equal(volumes, "nfs2.example.com");
            assert.deepEqual(changed(await stack({ ...nfs, server: "nfs2.example.com" }).preview()), []);
        });
    });
});
