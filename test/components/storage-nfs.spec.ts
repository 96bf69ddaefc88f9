import assert from "node:assert/strict";
import { storageValues } from "../../components/storage-values";
import { claimSpec, nfsClaimName, nfsFolders, volumeSpec, type NfsSettings } from "../../components/storage/nfs-values";
import { parseSettings } from "../../config/settings";
import { evaluateSettings } from "../support/mocks";

const nfs = { kind: "nfs", server: "10.0.0.5" };
const raw = { cluster: { kind: "kubeconfig" }, storage: nfs };

function settingsOf(more: Readonly<Record<string, unknown>> = {}): NfsSettings {
    const { storage } = parseSettings({ ...raw, storage: { ...nfs, ...more } });
    assert.ok(storage.kind === "nfs");
    return storage;
}

/** Of the settings above. */
const claimName = "harbor-nfs-b8a485a6";

describe("storage nfs", () => {
    it("is the design document's volume, reserved for the claim and kept", () => {
        assert.deepEqual(volumeSpec(settingsOf(), "harbor"), {
            storageClassName: "",
            capacity: { storage: "50Gi" },
            volumeMode: "Filesystem",
            accessModes: ["ReadWriteMany"],
            persistentVolumeReclaimPolicy: "Retain",
            mountOptions: ["hard", "nfsvers=4.1", "rsize=1048576", "wsize=1048576", "timeo=600", "retrans=2"],
            nfs: { server: "10.0.0.5", path: "/mnt/nfs_share" },
            claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace: "harbor", name: claimName },
        });
    });

    it("takes server, folder, size and mount options from the settings", () => {
        const settings = settingsOf({ path: "/export/images", size: "2Ti", mountOptions: ["soft"] });
        const spec = volumeSpec(settings, "harbor");
        assert.deepEqual(spec.nfs, { server: "10.0.0.5", path: "/export/images" });
        assert.deepEqual(spec.mountOptions, ["soft"]);
        assert.deepEqual(spec.capacity, { storage: "2Ti" });
        assert.deepEqual(claimSpec(settings, "x").resources, { requests: { storage: "2Ti" } });
    });

    it("has a claim that fits this volume and no other: same class, mode and size, by name", () => {
        const volume = volumeSpec(settingsOf(), "harbor");
        const claim = claimSpec(settingsOf(), "a-volume");
        assert.equal(claim.volumeName, "a-volume");
        assert.equal(claim.storageClassName, volume.storageClassName);
        assert.equal(claim.volumeMode, volume.volumeMode);
        assert.deepEqual(claim.accessModes, volume.accessModes);
        assert.equal(claim.resources.requests.storage, volume.capacity.storage);
    });

    it("is another volume and another claim with other settings: Kubernetes changes neither", () => {
        const others = [{ server: "10.0.0.6" }, { path: "/other" }, { size: "60Gi" }, { mountOptions: ["soft"] }];
        const all = [{}, ...others].map((more) => nfsClaimName(settingsOf(more)));
        assert.equal(new Set(all).size, all.length);
        assert.equal(nfsClaimName(settingsOf()), claimName);
    });

    it("gives every component of the chart the claim and a folder of its own", () => {
        const { storage, persistence } = parseSettings(raw);
        const folder = (subPath: string): object => ({
            existingClaim: claimName,
            subPath,
            accessMode: "ReadWriteMany",
        });
        assert.deepEqual(storageValues({ storage, persistence, credentialsSecret: undefined }), {
            persistence: {
                enabled: true,
                resourcePolicy: "keep",
                persistentVolumeClaim: {
                    registry: folder("registry"),
                    jobservice: { jobLog: folder("jobservice") },
                    database: folder("database"),
                    redis: folder("redis"),
                    trivy: folder("trivy"),
                },
                imageChartStorage: { type: "filesystem" },
            },
        });
        const folders = Object.values(nfsFolders);
        assert.equal(new Set(folders).size, folders.length);
        for (const path of folders) assert.doesNotMatch(path, /^\/|\.\./);
    });

    it("makes the volume, named after the namespace, and the claim on it", async () => {
        const resources = await evaluateSettings({ ...raw, namespace: "images" });
        const inputs = (name: string): Readonly<Record<string, unknown>> | undefined =>
            resources.find((resource) => resource.name === name)?.inputs;
        const volume = inputs("registry-storage-nfs-volume");
        assert.equal((volume?.["metadata"] as { name: string }).name, `images-${claimName}`);
        assert.deepEqual(volume?.["spec"], volumeSpec(settingsOf(), "images"));
        const claim = inputs("registry-storage-nfs-claim");
        assert.deepEqual(claim?.["metadata"], { name: claimName, namespace: "images" });
        assert.deepEqual(claim["spec"], claimSpec(settingsOf(), `images-${claimName}`));
    });
});
