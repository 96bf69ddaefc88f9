import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { HeadBucketCommand, S3Client } from "@aws-sdk/client-s3";
import type { Engine, EngineResult } from "../../automation/engine";
import { createRehearsalEngine } from "../../automation/engines/rehearsal";
import { readStackOutputs } from "../../automation/stack-outputs";
import { parseWorkloads } from "../../automation/status";
import { ExitCode, UserError } from "../../lib/errors";
import { anchorageHome, projectRoot, type LabEndpoints } from "../../lib/home";
import { kubectl } from "../support/engine-lab";
import { sharedLab } from "../support/lab";

const namespace = "stack-lab";

/** Names of the resources that were not left as they are, with what was done to them. */
function changed(result: EngineResult): string[] {
    return result.changes
        .filter(({ op }) => op !== "same")
        .map(({ name, op }) => `${op} ${name}`)
        .sort();
}

/** What is on record beside the stack itself. */
async function madeBy(engine: Engine): Promise<string[]> {
    return (await engine.resources()).filter(({ type }) => type !== "pulumi:pulumi:Stack").map(({ name }) => name);
}

/** One change alone: without what a second pod brings along. */
const twoPortals = {
    harbor: { metrics: true, cache: true, replicas: { portal: 2 } },
    placement: { spread: "none", disruptionBudgets: false },
};

describe("stack lab on the rehearsal engine", function () {
    this.timeout(180_000);

    let lab: LabEndpoints;
    const settings = (more: Readonly<Record<string, unknown>> = {}): Engine =>
        createRehearsalEngine({
            projectRoot,
            stack: "lab",
            overrides: { cluster: { kind: "lab", name: "shared" }, namespace, ...more },
        });
    const secret = (name: string, key: string): Promise<string> =>
        kubectl(
            lab,
            "-n",
            namespace,
            "get",
            "secret",
            name,
            "-o",
            `go-template={{index .data "${key}" | base64decode}}`,
        );

    before(async () => {
        lab = await sharedLab();
    });

    it("refuses wrong settings with every mistake at once, and touches nothing", async () => {
        const wrong = settings({ storage: { kind: "volume" }, harbor: { replicas: { registry: 2 }, versoin: "1" } });
        await assert.rejects(wrong.up(), (error: unknown) => {
            assert.ok(error instanceof UserError, String(error));
            assert.equal(error.exitCode, ExitCode.usage);
            assert.match(error.render(), /harbor\.versoin is no setting; did you mean harbor\.version\?/);
            return true;
        });
        assert.deepEqual(await madeBy(wrong), []);
        assert.equal(await kubectl(lab, "get", "namespace", namespace, "--ignore-not-found"), "");
    });

    it("previews everything before anything is there", async () => {
        const result = await settings().preview();
        assert.equal(changed(result).filter((change) => !change.startsWith("create ")).length, 0);
        assert.ok((result.summary.create ?? 0) >= 25);
        assert.deepEqual(await madeBy(settings()), []);
    });

    it("comes up from nothing, with every workload ready", async () => {
        const result = await settings().up();
        assert.ok((result.summary.create ?? 0) >= 25);
        const workloads = parseWorkloads(
            await kubectl(lab, "-n", namespace, "get", "deployments,statefulsets", "-o", "json"),
        );
        assert.ok(workloads.length >= 8);
        for (const { name, ready, wanted } of workloads) assert.equal(ready, wanted, name);
        const outputs = readStackOutputs(result.outputs);
        assert.equal(outputs?.registryUrl, "http://localhost:8080");
        assert.equal(outputs.namespace, namespace);
        assert.deepEqual(outputs.cluster, {
            kind: "lab",
            name: "shared",
            context: lab.context,
            kubeconfig: lab.kubeconfig,
        });
        assert.ok(!Object.values(result.outputs).some((output) => output.secret));
    });

    it("made the secrets that Harbor needs, in the form that it reads", async () => {
        assert.match(
            await secret("harbor-admin", "HARBOR_ADMIN_PASSWORD"),
            /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[A-Za-z0-9]{20}$/,
        );
        assert.match(await secret("harbor-encryption-key", "secretKey"), /^[A-Za-z0-9]{16}$/);
        assert.match(await secret("harbor-core-secrets", "CSRF_KEY"), /^[A-Za-z0-9]{32}$/);
        assert.match(await secret("harbor-token-service", "tls.key"), /^-----BEGIN RSA PRIVATE KEY-----/);
        assert.match(
            await secret("harbor-registry-credentials", "REGISTRY_HTPASSWD"),
            /^harbor_registry_user:\$2[aby]\$/,
        );
    });

    it("made the bucket", async () => {
        const { endpoint, region, accessKey, secretKey } = lab.s3;
        const credentials = { accessKeyId: accessKey, secretAccessKey: secretKey };
        const s3 = new S3Client({ endpoint, region, forcePathStyle: true, credentials });
        await s3.send(new HeadBucketCommand({ Bucket: "harbor-registry" }));
    });

    it("keeps secrets out of its state, its release's values and every ConfigMap", async () => {
        const secrets = await Promise.all([
            secret("harbor-admin", "HARBOR_ADMIN_PASSWORD"),
            secret("harbor-encryption-key", "secretKey"),
            secret("harbor-core-secrets", "secret"),
            secret("harbor-registry-credentials", "REGISTRY_PASSWD"),
            secret("harbor-jobservice-secret", "JOBSERVICE_SECRET"),
        ]);
        const states = readdirSync(path.join(anchorageHome(), "state"), { recursive: true, withFileTypes: true })
            .filter((entry) => entry.isFile() && entry.name.endsWith(".json"))
            .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), "utf8"));
        assert.ok(states.some((state) => state.includes("registry-harbor-release")));
        const places = [...states, await kubectl(lab, "get", "configmaps", "-A", "-o", "json")];
        for (const value of [...secrets, lab.s3.secretKey]) {
            for (const place of places) assert.ok(!place.includes(value), "a secret stands in clear");
        }
    });

    it("has nothing to preview and nothing to do a second time", async () => {
        assert.deepEqual(changed(await settings().preview()), []);
        assert.deepEqual(changed(await settings().up()), []);
    });

    it("changes only what a changed setting is about", async () => {
        const more = settings(twoPortals);
        const planned = await more.preview();
        assert.deepEqual(changed(planned), ["update registry-harbor-release"]);
        const [change] = planned.changes.filter(({ op }) => op === "update");
        assert.deepEqual(
            change?.diff.map(({ path: property, before, after }) => [property, before, after]),
            [["values.portal.replicas", 1, 2]],
        );
        assert.deepEqual(changed(await more.up()), ["update registry-harbor-release"]);
        assert.equal(
            await kubectl(lab, "-n", namespace, "get", "deployment/harbor-portal", "-o", "jsonpath={.spec.replicas}"),
            "2",
        );
    });

    it("repairs what drifted, by refresh and up, and nothing else", async () => {
        const key = await secret("harbor-core-secrets", "CSRF_KEY");
        await kubectl(
            lab,
            "-n",
            namespace,
            "patch",
            "secret",
            "harbor-core-secrets",
            "-p",
            '{"stringData":{"CSRF_KEY":"drifted"}}',
        );
        await kubectl(lab, "-n", namespace, "delete", "secret", "harbor-registry-secret");
        await settings().refresh();
        const result = await settings(twoPortals).up();
        assert.deepEqual(changed(result), [
            "create registry-secrets-registry-secret",
            "update registry-secrets-core-secret",
        ]);
        assert.equal(await secret("harbor-core-secrets", "CSRF_KEY"), key);
    });

    it("deletes what left the program", async () => {
        const result = await settings({ storage: { kind: "volume", size: "5Gi" } }).up();
        assert.deepEqual(changed(result), [
            "delete registry-storage-bucket",
            "delete registry-storage-credentials",
            "update registry-harbor-release",
        ]);
    });

    it("refuses to delete protected keys, and leaves nothing once they are not", async () => {
        const engine = settings({ storage: { kind: "volume", size: "5Gi" } });
        await assert.rejects(
            engine.destroy(),
            (error: unknown) => error instanceof UserError && error.exitCode === ExitCode.refused,
        );
        assert.notEqual(await kubectl(lab, "get", "namespace", namespace, "--ignore-not-found"), "");
        await engine.unprotect();
        await engine.destroy();
        assert.deepEqual(await engine.resources(), []);
        assert.deepEqual(await engine.outputs(), {});
        assert.equal(await kubectl(lab, "get", "namespace", namespace, "--ignore-not-found"), "");
    });
});
