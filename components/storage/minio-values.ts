import type * as pulumi from "@pulumi/pulumi";
import { images } from "../../config/catalogue";
import type { Settings } from "../../config/schema";
import { names, secretKeys } from "../names";
import { registryPolicy } from "./bucket-policy";
import type { S3Target } from "./s3-values";

export type MinioSettings = Extract<Settings["storage"], { kind: "minio" }>;

const port = 9000;
const labels = { app: names.minio };
/** Any user but root will do: the volume is given to its group. */
const user = 1000;

const podSecurity = {
    runAsNonRoot: true,
    runAsUser: user,
    runAsGroup: user,
    fsGroup: user,
    seccompProfile: { type: "RuntimeDefault" },
};
const containerSecurity = {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
};

type Placement = Pick<Settings["placement"], "resources" | "priorityClass">;

/** Without other wishes: the settings' own defaults. */
const standard: Placement = { resources: "small" };

/** CPU request, memory request and limit of the server, in the order of Harbor's own (docs/placement.md). */
const serverResources = {
    small: ["100m", "512Mi", "2Gi"],
    medium: ["500m", "1Gi", "4Gi"],
    large: ["1", "4Gi", "8Gi"],
} as const;

function resourcesOfServer({ resources }: Placement) {
    if (resources === "none") return {};
    const [cpu, memory, limit] = serverResources[resources];
    return { resources: { requests: { cpu, memory }, limits: { memory: limit } } };
}

function rankOf({ priorityClass }: Placement): { readonly priorityClassName?: string } {
    return priorityClass === undefined ? {} : { priorityClassName: priorityClass };
}

/** URL that the registry and the Job reach MinIO at. */
export function minioEndpoint({ endpoint }: MinioSettings): string {
    return endpoint ?? `http://${names.minio}:${String(port)}`;
}

/** The bucket, as the chart's values want it. */
export function minioTarget(settings: MinioSettings): S3Target {
    const { bucket, redirect, caSecret, skipVerify } = settings;
    return { preset: "minio", bucket, endpoint: minioEndpoint(settings), redirect, caSecret, skipVerify };
}

/** Name of the registry's user, and of its policy. */
export function registryUser({ bucket }: MinioSettings): string {
    return `${bucket}-registry`;
}

export const serviceSpec = {
    selector: labels,
    ports: [{ name: "http", port, targetPort: "http" }],
};

/** @param checksum changes with the administrator's password, and restarts the pod */
export function serverSpec(
    { size, storageClass }: MinioSettings,
    checksum: pulumi.Input<string>,
    placement: Placement = standard,
) {
    return {
        replicas: 1,
        serviceName: names.minio,
        selector: { matchLabels: labels },
        template: {
            metadata: { labels, annotations: { "anchorage/secrets": checksum } },
            spec: {
                automountServiceAccountToken: false,
                enableServiceLinks: false,
                ...rankOf(placement),
                securityContext: podSecurity,
                containers: [
                    {
                        name: "minio",
                        image: images.minio,
                        command: ["minio"],
                        // Its own folder for certificates is in a home that it does not have here.
                        args: ["server", "/data", "--address", `:${String(port)}`, "--certs-dir", "/tmp/certs"],
                        env: [
                            ...rootKeys(),
                            { name: "MINIO_BROWSER", value: "off" },
                            { name: "MINIO_UPDATE", value: "off" },
                        ],
                        ports: [{ name: "http", containerPort: port }],
                        readinessProbe: { httpGet: { path: "/minio/health/ready", port: "http" } },
                        livenessProbe: {
                            httpGet: { path: "/minio/health/live", port: "http" },
                            initialDelaySeconds: 30,
                            timeoutSeconds: 5,
                        },
                        ...resourcesOfServer(placement),
                        securityContext: containerSecurity,
                        volumeMounts: [
                            { name: "data", mountPath: "/data" },
                            { name: "tmp", mountPath: "/tmp" },
                        ],
                    },
                ],
                volumes: [{ name: "tmp", emptyDir: {} }],
            },
        },
        // The claim stays when the set goes: images are deleted by a person, or with the namespace.
        volumeClaimTemplates: [
            {
                metadata: { name: "data" },
                spec: {
                    accessModes: ["ReadWriteOnce"],
                    ...(storageClass === undefined ? {} : { storageClassName: storageClass }),
                    resources: { requests: { storage: size } },
                },
            },
        ],
    };
}

/**
 * Makes the bucket, the registry's user and its policy. Run again it changes nothing but a key that is another. Keys
 * go in by standard input: the arguments of a process are everyone's to see.
 */
export const setUpScript = `set -eu
printf '%s\\n%s\\n' "$${secretKeys.minioRootUser}" "$${secretKeys.minioRootPassword}" | mc alias set store "$ENDPOINT"
mc mb --ignore-existing "store/$BUCKET"
mc admin policy create store "$REGISTRY_USER" /policy/policy.json
printf '%s\\n%s\\n' "$REGISTRY_USER" "$${secretKeys.minioRegistryPassword}" | mc admin user add store
mc admin policy attach store "$REGISTRY_USER" --user "$REGISTRY_USER"
`;

/** What the registry's user may do, as the Job's file policy.json. */
export function policyText({ bucket }: MinioSettings): string {
    return `${JSON.stringify(registryPolicy(`arn:aws:s3:::${bucket}`), undefined, 4)}\n`;
}

/** @param checksum changes with each of the keys and with the policy, and makes the Job run again */
export function setUpSpec(
    settings: MinioSettings,
    checksum: pulumi.Input<string>,
    user = registryUser(settings),
    placement: Placement = standard,
) {
    const { bucket, caSecret, skipVerify } = settings;
    const ca = caSecret === undefined ? [] : [caSecret];
    return {
        backoffLimit: 6,
        activeDeadlineSeconds: 600,
        template: {
            metadata: { annotations: { "anchorage/secrets": checksum } },
            spec: {
                // A failed pod stays, and its log with it.
                restartPolicy: "Never",
                automountServiceAccountToken: false,
                enableServiceLinks: false,
                ...rankOf(placement),
                securityContext: podSecurity,
                containers: [
                    {
                        name: "set-up",
                        image: images.minioClient,
                        command: ["/bin/sh", "-c", setUpScript],
                        env: [
                            ...rootKeys(),
                            fromSecret(secretKeys.minioRegistryPassword),
                            { name: "REGISTRY_USER", value: user },
                            { name: "BUCKET", value: bucket },
                            { name: "ENDPOINT", value: minioEndpoint(settings) },
                            { name: "MC_CONFIG_DIR", value: "/tmp/mc" },
                            ...ca.map(() => ({ name: "SSL_CERT_FILE", value: "/ca/ca.crt" })),
                            ...(skipVerify === true ? [{ name: "MC_INSECURE", value: "true" }] : []),
                        ],
                        resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "256Mi" } },
                        securityContext: containerSecurity,
                        volumeMounts: [
                            { name: "tmp", mountPath: "/tmp" },
                            { name: "policy", mountPath: "/policy" },
                            ...ca.map(() => ({ name: "ca", mountPath: "/ca" })),
                        ],
                    },
                ],
                volumes: [
                    { name: "tmp", emptyDir: {} },
                    { name: "policy", configMap: { name: names.minioPolicy } },
                    ...ca.map((secretName) => ({
                        name: "ca",
                        secret: { secretName, items: [{ key: "ca.crt", path: "ca.crt" }] },
                    })),
                ],
            },
        },
    };
}

function rootKeys() {
    return [secretKeys.minioRootUser, secretKeys.minioRootPassword].map(fromSecret);
}

/** A variable that has the name of its key. */
function fromSecret(key: string) {
    return { name: key, valueFrom: { secretKeyRef: { name: names.minioKeys, key } } };
}
