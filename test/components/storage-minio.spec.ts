import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { s3Values } from "../../components/storage/s3-values";
import {
    minioTarget,
    policyText,
    serverSpec,
    setUpScript,
    setUpSpec,
    type MinioSettings,
} from "../../components/storage/minio-values";
import { images } from "../../config/catalogue";
import { parseSettings } from "../../config/settings";
import { exec, ExecFailure } from "../../lib/exec";
import { evaluateSettings, generated, type MockResource } from "../support/mocks";
import { secretValue } from "../support/secret-value";

const cluster = { kind: "kubeconfig" };
const inCluster = { kind: "minio" };
const elsewhere = {
    kind: "minio",
    bucket: "images",
    endpoint: "https://minio.example.com",
    rootUser: "administrator",
    rootPassword: "hush-hush",
};

function settingsOf(storage: Readonly<Record<string, unknown>>): MinioSettings {
    const parsed = parseSettings({ cluster, storage }).storage;
    assert.ok(parsed.kind === "minio");
    return parsed;
}

/** Inputs of a resource of the component, by the end of its name. */
function inputsOf(resources: readonly MockResource[], end: string): Readonly<Record<string, unknown>> {
    const resource = resources.find(({ name }) => name === `registry-storage-minio-${end}`);
    assert.ok(resource, `there is no ${end}`);
    return resource.inputs;
}

describe("storage minio", () => {
    it("gives the chart the one in the cluster, by its Service, without redirects", () => {
        assert.deepEqual(s3Values(minioTarget(settingsOf(inCluster)), "keys"), {
            type: "s3",
            disableredirect: true,
            s3: {
                bucket: "harbor",
                region: "us-east-1",
                regionendpoint: "http://harbor-minio:9000",
                secure: false,
                v4auth: true,
                existingSecret: "keys",
            },
        });
    });

    it("gives the chart one elsewhere, with its CA", () => {
        const values = s3Values(minioTarget(settingsOf({ ...elsewhere, caSecret: "ca", redirect: true })), "keys");
        assert.deepEqual(values, {
            type: "s3",
            disableredirect: false,
            caBundleSecretName: "ca",
            s3: {
                bucket: "images",
                region: "us-east-1",
                regionendpoint: "https://minio.example.com",
                secure: true,
                v4auth: true,
                existingSecret: "keys",
            },
        });
    });

    it("lets the registry's user use its bucket, and nothing else", () => {
        const policy = JSON.parse(policyText(settingsOf(elsewhere))) as {
            Statement: readonly { Effect: string; Action: readonly string[]; Resource: readonly string[] }[];
        };
        const allowed = policy.Statement.flatMap(({ Effect, Action, Resource }) => {
            assert.equal(Effect, "Allow");
            return Action.flatMap((action) => Resource.map((resource) => `${action} ${resource}`));
        });
        assert.deepEqual(allowed.sort(), [
            "s3:AbortMultipartUpload arn:aws:s3:::images/*",
            "s3:DeleteObject arn:aws:s3:::images/*",
            "s3:GetBucketLocation arn:aws:s3:::images",
            "s3:GetObject arn:aws:s3:::images/*",
            "s3:ListBucket arn:aws:s3:::images",
            "s3:ListBucketMultipartUploads arn:aws:s3:::images",
            "s3:ListMultipartUploadParts arn:aws:s3:::images/*",
            "s3:PutObject arn:aws:s3:::images/*",
        ]);
    });

    it("runs its server as nobody in particular, on a volume of the settings", () => {
        const { template, volumeClaimTemplates } = serverSpec(
            settingsOf({ ...inCluster, size: "1Ti", storageClass: "fast" }),
            "checksum",
        );
        const [container] = template.spec.containers;
        assert.equal(container?.image, images.minio);
        assert.equal(template.spec.securityContext.runAsNonRoot, true);
        assert.equal(container.securityContext.readOnlyRootFilesystem, true);
        assert.equal(template.metadata.annotations["anchorage/secrets"], "checksum");
        assert.deepEqual(volumeClaimTemplates[0]?.spec, {
            accessModes: ["ReadWriteOnce"],
            storageClassName: "fast",
            resources: { requests: { storage: "1Ti" } },
        });
    });

    it("hands a CA and an unchecked certificate on to the Job", () => {
        const environment = (more: object): Readonly<Record<string, unknown>> => {
            const [container] = setUpSpec(settingsOf({ ...elsewhere, ...more }), "x").template.spec.containers;
            return Object.fromEntries((container?.env ?? []).map(({ name, ...rest }) => [name, rest]));
        };
        assert.equal("MC_INSECURE" in environment({}), false);
        assert.deepEqual(environment({ skipVerify: true })["MC_INSECURE"], { value: "true" });
        assert.deepEqual(environment({ caSecret: "ca" })["SSL_CERT_FILE"], { value: "/ca/ca.crt" });
        assert.deepEqual(environment({})["ENDPOINT"], { value: "https://minio.example.com" });
        const { volumes, containers } = setUpSpec(settingsOf({ ...elsewhere, caSecret: "ca" }), "x").template.spec;
        assert.ok(containers[0]?.volumeMounts.some(({ name, mountPath }) => name === "ca" && mountPath === "/ca"));
        assert.ok(volumes.some((volume) => "secret" in volume && volume.secret.secretName === "ca"));
    });

    describe("script", () => {
        let folder: string;

        before(() => {
            folder = mkdtempSync(path.join(tmpdir(), "anchorage-mc-"));
            // Writes down what it is called with, and what it reads where it would ask for keys.
            const mc = `#!/bin/sh
printf '%s\\n' "$*" >> "$CALLS"
case "$*" in *" set "*|*"user add"*) cat | sed 's/^/    /' >> "$CALLS";; esac
case "$*" in *"$FAIL"*) exit 3;; esac
`;
            writeFileSync(path.join(folder, "mc"), mc);
            chmodSync(path.join(folder, "mc"), 0o755);
        });

        after(() => rmSync(folder, { recursive: true }));

        /** Runs it with an `mc` that fails at a call that contains `fail`. @returns what `mc` was asked for */
        async function run(fail: string): Promise<{ readonly calls: readonly string[]; readonly succeeded: boolean }> {
            const calls = path.join(folder, `calls-${fail.replaceAll(" ", "-")}`);
            const succeeded = await exec("sh", ["-c", setUpScript], {
                env: {
                    PATH: `${folder}:${process.env["PATH"] ?? ""}`,
                    CALLS: calls,
                    FAIL: fail,
                    ENDPOINT: "https://minio.example.com",
                    BUCKET: "images",
                    REGISTRY_USER: "images-registry",
                    MINIO_ROOT_USER: "administrator",
                    MINIO_ROOT_PASSWORD: 'a $pass "word\\n%s',
                    REGISTRY_PASSWORD: "key of the user",
                },
            }).then(
                () => true,
                (error: unknown) => {
                    assert.ok(error instanceof ExecFailure, String(error));
                    return false;
                },
            );
            return { calls: readFileSync(calls, "utf8").trimEnd().split("\n"), succeeded };
        }

        it("makes bucket, policy and user, its keys on standard input alone", async () => {
            const { calls, succeeded } = await run("nothing");
            assert.ok(succeeded);
            assert.deepEqual(calls, [
                "alias set store https://minio.example.com",
                "    administrator",
                '    a $pass "word\\n%s',
                "mb --ignore-existing store/images",
                "admin policy create store images-registry /policy/policy.json",
                "admin user add store",
                "    images-registry",
                "    key of the user",
                "admin policy attach store images-registry --user images-registry",
            ]);
        });

        for (const step of ["alias set", "mb", "policy create", "user add", "policy attach"]) {
            it(`fails where ${step} does, and goes no further`, async () => {
                const { calls, succeeded } = await run(step);
                assert.equal(succeeded, false);
                const last = calls.findLast((line) => !line.startsWith("    "));
                assert.ok(last?.includes(step), last);
            });
        }
    });

    it("in the cluster makes server, keys, policy and Job, and gives Harbor the user's keys alone", async () => {
        const resources = await evaluateSettings({ cluster, storage: inCluster });
        const made = resources.filter(({ types }) => types.startsWith("anchorage:components:Minio$"));
        assert.deepEqual(made.map(({ type, name }) => `${type} ${name}`).sort(), [
            "kubernetes:apps/v1:StatefulSet registry-storage-minio-server",
            "kubernetes:batch/v1:Job registry-storage-minio-set-up",
            "kubernetes:core/v1:ConfigMap registry-storage-minio-policy",
            "kubernetes:core/v1:Secret registry-storage-minio-keys",
            "kubernetes:core/v1:Service registry-storage-minio-service",
            "random:index/randomPassword:RandomPassword registry-storage-minio-registry-password",
            "random:index/randomPassword:RandomPassword registry-storage-minio-root-password",
        ]);
        assert.deepEqual(secretValue(inputsOf(resources, "keys")["stringData"]), {
            MINIO_ROOT_USER: "minioroot",
            MINIO_ROOT_PASSWORD: generated("registry-storage-minio-root-password"),
            REGISTRY_PASSWORD: generated("registry-storage-minio-registry-password"),
        });
        const credentials = resources.find(({ name }) => name === "registry-storage-credentials");
        assert.deepEqual(secretValue(credentials?.inputs["stringData"]), {
            REGISTRY_STORAGE_S3_ACCESSKEY: "harbor-registry",
            REGISTRY_STORAGE_S3_SECRETKEY: generated("registry-storage-minio-registry-password"),
        });
        const release = resources.find(({ name }) => name === "registry-harbor-release");
        assert.match(JSON.stringify(release?.inputs), /"existingSecret":"harbor-registry-storage"/);
        for (const { type, name, inputs } of resources) {
            if (/:(Secret|RandomPassword)$/.test(type)) continue;
            assert.doesNotMatch(JSON.stringify(inputs), /generated-registry-storage/, name);
        }
    });

    it("elsewhere makes no server, and keeps the administrator's keys to the Job", async () => {
        const resources = await evaluateSettings({ cluster, storage: elsewhere });
        const types = resources.filter(({ types }) => types.startsWith("anchorage:components:Minio$"));
        assert.ok(!types.some(({ type }) => /StatefulSet|Service$/.test(type)));
        assert.deepEqual(secretValue(inputsOf(resources, "keys")["stringData"]), {
            MINIO_ROOT_USER: "administrator",
            MINIO_ROOT_PASSWORD: "hush-hush",
            REGISTRY_PASSWORD: generated("registry-storage-minio-registry-password"),
        });
        for (const { type, name, inputs } of resources) {
            if (type.endsWith(":Secret")) continue;
            assert.doesNotMatch(JSON.stringify(inputs), /hush-hush/, name);
        }
    });

    it("sets up again when a key changes, and only then", async () => {
        const checksum = async (rootPassword: string): Promise<unknown> => {
            const resources = await evaluateSettings({ cluster, storage: { ...elsewhere, rootPassword } });
            const { template } = inputsOf(resources, "set-up")["spec"] as {
                template: { metadata: { annotations: Readonly<Record<string, string>> } };
            };
            return template.metadata.annotations["anchorage/secrets"];
        };
        const before = await checksum("hush-hush");
        assert.match(String(before), /^[0-9a-f]{64}$/);
        assert.equal(await checksum("hush-hush"), before);
        assert.notEqual(await checksum("another-one"), before);
    });
});
