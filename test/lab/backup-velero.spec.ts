import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { labChartPins } from "../../automation/lab-charts";
import { Velero } from "../../automation/backup/velero";
import { chartsVariable, onLab } from "../../automation/engines/on-lab";
import { createRehearsalEngine } from "../../automation/engines/rehearsal";
import type { Engine } from "../../automation/engine";
import { readStackOutputs } from "../../automation/stack-outputs";
import type { StackOutputs } from "../../config/contract";
import { resetLab, startLab } from "../../lab/lab";
import { labLayout } from "../../lab/layout";
import { prepareLabCharts } from "../../lab/operators/lab-charts";
import { installDefinitions } from "../../lab/operators/definitions";
import { labStatus } from "../../lab/status";
import { resolveTools } from "../../lab/tools/resolver";
import { addVelero, veleroBinaries } from "../../lab/velero-process";
import { UserError } from "../../lib/errors";
import { exec } from "../../lib/exec";
import { projectRoot, type LabEndpoints } from "../../lib/home";
import { isRunning } from "../../lib/processes";
import { waitFor } from "../../lib/wait";
import { kubectl } from "../support/engine-lab";
import { labTimeout, testBinaries } from "../support/lab";

const name = "velero";

/** Of everything that is waited for here, in milliseconds: Velero looks at a location every 10 s. */
const timeoutMs = 60_000;

describe("Velero in a lab", function () {
    this.timeout(180_000);

    let lab: LabEndpoints;
    let engine: Engine;
    let outputs: StackOutputs;
    let velero: Velero;

    before(async function () {
        this.timeout(labTimeout);
        ({ endpoints: lab } = await startLab({ name, binaries: await testBinaries(), exec }));
        await prepareLabCharts({ name, charts: labChartPins(["velero"]), exec });
        await installDefinitions({ name, owners: ["volume-snapshots"], exec });
        await addVelero(name, veleroBinaries(await resolveTools(["velero"], { exec, env: process.env })));
        const { config } = parse(readFileSync(path.join(projectRoot, "Pulumi.lab-backup.yaml"), "utf8")) as {
            config: Readonly<Record<string, object>>;
        };
        const snapshots = { volumes: "snapshots", snapshotClass: { driver: "csi.example.com" } };
        const overrides = { backup: { ...config["anchorage:backup"], ...snapshots } };
        engine = createRehearsalEngine(await onLab({ projectRoot, stack: "lab-backup", overrides }, name, process.env));
        const result = await engine.up();
        const read = readStackOutputs(result.outputs);
        assert.ok(read, "the stack has no outputs");
        outputs = read;
        velero = new Velero(outputs, { exec, kubectl: lab.tools.kubectl, signal: new AbortController().signal });
    });

    after(async () => {
        await resetLab({ name, binaries: await testBinaries(), exec });
    });

    const serverPid = (): number => {
        const file = path.join(labLayout(name).velero, "children.json");
        const [child] = JSON.parse(readFileSync(file, "utf8")) as { pid: number }[];
        assert.ok(child);
        return child.pid;
    };
    const phase = (wanted: string): Promise<string> => {
        const look = async (): Promise<string | undefined> => {
            const { phase: found, message = "" } = await velero.location();
            return found === wanted ? message : undefined;
        };
        return waitFor(look, { what: `the location to be ${wanted}`, timeoutMs, intervalMs: 500 });
    };
    const failure = async (work: Promise<unknown>): Promise<UserError> => {
        const error: unknown = await work.then(
            () => undefined,
            (thrown: unknown) => thrown,
        );
        assert.ok(error instanceof UserError, `no UserError but ${String(error)}`);
        return error;
    };

    it("is told of by the stack's outputs, which hold no key", async () => {
        const { backup, encryptionKey } = outputs;
        assert.deepEqual(backup, {
            namespace: "velero",
            location: "anchorage",
            bucket: { bucket: "velero", region: lab.s3.region, endpoint: lab.s3.endpoint, pathStyle: true },
            credentials: { secretName: "anchorage-backup-location", secretKey: "cloud" },
            volumes: "snapshots",
            volumePolicy: "anchorage-volumes",
            retention: { count: 7, days: 30 },
        });
        assert.deepEqual(encryptionKey, { secretName: "harbor-encryption-key", secretKey: "secretKey" });
        assert.ok(!JSON.stringify(outputs).includes(lab.s3.secretKey));
        const changes = (await engine.preview()).changes.filter(({ op }) => op !== "same");
        assert.deepEqual(
            changes.map(({ name: resource }) => resource),
            [],
        );
    });

    it("answers as the server of the pinned version, and can use the bucket", async () => {
        assert.match(await velero.server(), /^v1\.18\.\d+$/);
        assert.equal((await velero.requireLocation(timeoutMs)).phase, "Available");
        const { state, parts } = await labStatus(name);
        assert.equal(state, "running");
        assert.ok(parts.some((part) => part.name === "velero" && part.state === "running"));
    });

    it("backs the registry's namespace up, and refuses the same name again", async () => {
        const seen: string[] = [];
        const backup = await velero.backup(
            {
                name: "first",
                volumes: "none",
                namespaces: [outputs.namespace],
                ttlHours: 24,
                labels: { "anchorage/set": "first" },
            },
            { onProgress: (detail) => seen.push(detail) },
        );
        assert.equal(backup.phase, "Completed");
        assert.ok(backup.items > 50, `${String(backup.items)} objects`);
        assert.match(seen.at(-1) ?? "", /^Completed, \d+ objects$/);
        const kept = Date.parse(backup.expiresAt ?? "") - Date.parse(backup.startedAt ?? "");
        assert.equal(Math.round(kept / 3_600_000), 24);
        assert.deepEqual(await velero.running(), []);
        const again = await failure(velero.backup({ name: "first", namespaces: [outputs.namespace] }));
        assert.match(again.render(), /"first" already exists/);
        assert.match(await velero.download("BackupLog", "first"), /level=info/);
    });

    it("restores it into another namespace, without Redis's pod, which the backup does not have", async () => {
        const into = "harbor-restored";
        const restore = await velero.restore({ name: "second", backup: "first", into: { [outputs.namespace]: into } });
        assert.equal(restore.phase, "Completed");
        await kubectl(lab, "-n", into, "wait", "--for=condition=Ready", "pod", "--all", "--timeout=60s");
        const pods = JSON.parse(await kubectl(lab, "-n", into, "get", "pods", "-o", "json")) as {
            items: { metadata: { name: string; labels: Record<string, string> } }[];
        };
        const restored = pods.items
            .filter(({ metadata }) => metadata.labels["velero.io/restore-name"] === "second")
            .map(({ metadata }) => metadata.name);
        assert.ok(
            restored.some((pod) => pod.startsWith("harbor-core")),
            restored.join(", "),
        );
        assert.ok(!restored.some((pod) => pod.startsWith("harbor-redis")), restored.join(", "));
        await velero.deleteRestore("second");
        await kubectl(lab, "delete", "namespace", into, "--wait=false");
    });

    it("takes snapshots of all volumes but Redis's, and restores from them", async () => {
        const { snapshots, warnings } = await velero.backup({ name: "snapshots", namespaces: [outputs.namespace] });
        // Of the database and of Trivy: images and job logs have none.
        assert.equal(snapshots, 2);
        assert.equal(warnings, 0);
        const into = "harbor-snapshots";
        const restore = await velero.restore({
            name: "third",
            backup: "snapshots",
            into: { [outputs.namespace]: into },
        });
        assert.equal(restore.errors, 0);
        const sources = await kubectl(lab, "-n", into, "get", "pvc", "-o", "jsonpath={.items[*].spec.dataSource.kind}");
        assert.equal(sources, "VolumeSnapshot VolumeSnapshot");
        await velero.deleteRestore("third");
        await kubectl(lab, "delete", "namespace", into, "--wait=false");
        await velero.deleteBackup("snapshots");
    });

    it("says why a backup is PartiallyFailed: nothing here reads the files of volumes", async () => {
        const error = await failure(
            velero.backup({ name: "files", namespaces: [outputs.namespace], volumes: "files" }),
        );
        assert.match(error.message, /^Velero's backup files ended PartiallyFailed$/);
        assert.match(error.render(), /errors: \d+, warnings: \d+/);
        assert.match(error.render(), /harbor-database-0.*daemonset pod not found in running state/);
        assert.match(error.next.join("\n"), /kubectl .* -n velero describe backups\.velero\.io files/);
        await velero.deleteBackup("files");
        assert.equal(await velero.findBackup("files"), undefined);
    });

    it("says why a restore fails: there is no such backup", async () => {
        const error = await failure(velero.restore({ name: "none", backup: "nothing" }));
        assert.match(error.render(), /ended FailedValidation\n.*"nothing" not found/);
    });

    it("deletes a backup with what is in the bucket, and nothing where there is none", async () => {
        await velero.backup({ name: "gone", namespaces: [outputs.namespace], volumes: "none" });
        await velero.deleteBackup("gone");
        // It would come back from the bucket with the next synchronisation.
        assert.deepEqual((await velero.backups()).map((backup) => backup.name).sort(), ["first"]);
        await velero.deleteBackup("gone");
    });

    it("says that keys are wrong, and recovers with the right ones", async () => {
        const secret = ["-n", "velero", "patch", "secret", "anchorage-backup-location", "--type", "merge", "--patch"];
        const { accessKey, secretKey } = lab.s3;
        const keys = (secretOf: string): string =>
            JSON.stringify({
                stringData: {
                    cloud: `[default]\naws_access_key_id=${accessKey}\naws_secret_access_key=${secretOf}\n`,
                },
            });
        await kubectl(lab, ...secret, keys("wrong"));
        assert.match(await phase("Unavailable"), /SignatureDoesNotMatch/);
        const error = await failure(velero.requireLocation());
        assert.match(error.render(), /Velero cannot use the bucket.*Unavailable\n.*SignatureDoesNotMatch/);
        assert.ok(!error.render().includes(secretKey));
        const refused = await failure(velero.backup({ name: "refused", namespaces: [outputs.namespace] }));
        assert.match(refused.render(), /ended FailedValidation\n.*BackupStorageLocation anchorage is in Unavailable/);
        await velero.deleteBackup("refused");
        await kubectl(lab, ...secret, keys(secretKey));
        await phase("Available");
    });

    it("is started again where it was killed", async () => {
        const killed = serverPid();
        process.kill(killed, "SIGKILL");
        await waitFor(() => (isRunning(killed) ? undefined : true), { what: "its end", timeoutMs });
        const another = (): true | undefined => {
            try {
                return serverPid() !== killed || undefined;
            } catch {
                return undefined; // between the two
            }
        };
        await waitFor(another, { what: "another server", timeoutMs });
        await velero.server();
    });

    it("ends while its Deployment has no pod, and is missed in clear words", async () => {
        const pid = serverPid();
        await kubectl(lab, "-n", "velero", "scale", "deployment", "velero", "--replicas=0");
        await waitFor(() => (isRunning(pid) ? undefined : true), { what: "the server to end", timeoutMs });
        const error = await failure(velero.server());
        assert.match(error.message, /^Velero's server does not answer$/);
        await kubectl(lab, "-n", "velero", "scale", "deployment", "velero", "--replicas=1");
        const back = async (): Promise<string | undefined> => velero.server().catch(() => undefined);
        await waitFor(back, { what: "the server to be back", timeoutMs });
    });

    it("goes with the stack, and leaves no process behind", async () => {
        const pid = serverPid();
        await engine.unprotect();
        await engine.destroy();
        await waitFor(() => (isRunning(pid) ? undefined : true), { what: "the server to end", timeoutMs });
        const left = await kubectl(lab, "get", "customresourcedefinitions", "-o", "name");
        // The real chart has its definitions in a folder `crds`: Helm never deletes these.
        assert.equal(left.includes("velero.io"), process.env[chartsVariable] !== undefined, left);
    });
});
