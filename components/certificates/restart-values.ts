import type { batch, core, rbac } from "@pulumi/kubernetes/types/input";
import type { Settings } from "../../config/schema";
import { publicCertificate } from "../certificates-values";
import { names } from "../names";
import { hasProxy } from "../placement-values";
import { internalComponents, internalSecret, serviceOf } from "./internal-values";

/** A workload whose pods read a certificate when they start. */
export interface Reader {
    readonly resource: "deployments" | "statefulsets";
    /** Name of the workload. */
    readonly name: string;
    /** Secret with the certificate, key tls.crt. */
    readonly secret: string;
}

/** The workloads that would keep a certificate which others than the program renewed. */
export function readersOf(settings: Settings): Reader[] {
    const { harbor, exposure } = settings;
    const { secret, renewedByOthers } = publicCertificate(settings);
    const proxy: Reader[] =
        hasProxy(exposure) && secret !== undefined && renewedByOthers
            ? [{ resource: "deployments", name: `${names.release}-nginx`, secret }]
            : [];
    if (!harbor.internalTls) return proxy;
    const internal = internalComponents(settings).map((component): Reader => {
        const resource = component === "trivy" ? "statefulsets" : "deployments";
        return { resource, name: serviceOf(component), secret: internalSecret(component) };
    });
    const exporter: Reader = {
        resource: "deployments",
        name: `${names.release}-exporter`,
        secret: internalSecret("core"),
    };
    return [...proxy, ...internal, ...(harbor.metrics ? [exporter] : [])];
}

/** Where the script finds things; a test has others. */
export const paths = {
    API: "https://kubernetes.default.svc",
    ACCOUNT: "/var/run/secrets/kubernetes.io/serviceaccount",
    CERTIFICATES: "/certificates",
} as const;

/**
 * For each `resource/name=secret`: notes the certificate on the workload, and restarts it when it is another than the
 * noted one, by an annotation of its pods as `kubectl rollout restart` does. The token stays out of the process list.
 */
export const restartScript = `set -eu
api="\${API:-${paths.API}}/apis/apps/v1/namespaces/$(cat "\${ACCOUNT:=${paths.ACCOUNT}}/namespace")"
call() {
  printf 'header = "Authorization: Bearer %s"\\n' "$(cat "$ACCOUNT/token")" |
    curl --silent --show-error --fail --max-time 30 --cacert "$ACCOUNT/ca.crt" --config - "$@"
}
change() {
  call --output /dev/null --request PATCH --header 'Content-Type: application/merge-patch+json' --data "$2" "$api/$1"
}
for reader in "$@"; do
  workload="\${reader%%=*}"
  file="\${CERTIFICATES:-${paths.CERTIFICATES}}/\${reader#*=}/tls.crt"
  now="\\"anchorage/certificate\\":\\"$(sha256sum < "$file" | cut -c 1-64)\\""
  state="$(call "$api/$workload")"
  noted="$(printf '%s' "$state" | tr -d ' \\n' | grep -o '"anchorage/certificate":"[0-9a-f]*"' | head -n 1 || true)"
  if [ "$noted" = "$now" ]; then continue; fi
  if [ -z "$noted" ]; then
    change "$workload" "{\\"metadata\\":{\\"annotations\\":{$now}}}"
    echo "$workload: certificate noted"
  else
    change "$workload" "{\\"metadata\\":{\\"annotations\\":{$now}},\\"spec\\":{\\"template\\":{\\"metadata\\":{\\"annotations\\":{$now}}}}}"
    echo "$workload: new certificate, restarted"
  fi
done
`;

/**
 * Once a day, in core's own image, which has a shell, curl and sha256sum: nothing more to mirror. The pod has the
 * certificates, not the keys.
 */
export function restartJob(readers: readonly Reader[], { harbor, placement }: Settings): batch.v1.CronJobSpec {
    const secrets = [...new Set(readers.map(({ secret }) => secret))];
    return {
        schedule: "23 3 * * *",
        concurrencyPolicy: "Forbid",
        successfulJobsHistoryLimit: 1,
        failedJobsHistoryLimit: 1,
        jobTemplate: {
            spec: {
                backoffLimit: 3,
                activeDeadlineSeconds: 600,
                template: {
                    spec: {
                        restartPolicy: "Never",
                        serviceAccountName: names.certificateRestarts,
                        ...(placement.priorityClass === undefined
                            ? {}
                            : { priorityClassName: placement.priorityClass }),
                        ...pullSecrets(harbor.values),
                        securityContext: {
                            runAsNonRoot: true,
                            runAsUser: 10_000,
                            fsGroup: 10_000,
                            seccompProfile: { type: "RuntimeDefault" },
                        },
                        containers: [container(readers, secrets, harbor)],
                        volumes: secrets.map((secret) => ({
                            name: secret,
                            secret: { secretName: secret, items: [{ key: "tls.crt", path: "tls.crt" }] },
                        })),
                    },
                },
            },
        },
    };
}

function container(
    readers: readonly Reader[],
    secrets: readonly string[],
    harbor: Settings["harbor"],
): core.v1.Container {
    return {
        name: "restart",
        image: coreImage(harbor),
        command: ["/bin/sh", "-c", restartScript, "restart"],
        args: readers.map(({ resource, name, secret }) => `${resource}/${name}=${secret}`),
        securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
        },
        resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
        volumeMounts: secrets.map((secret) => ({
            name: secret,
            mountPath: `${paths.CERTIFICATES}/${secret}`,
            readOnly: true,
        })),
    };
}

/** The chart's, or what raw values put in its place: a mirror. */
function coreImage({ version, values }: Settings["harbor"]): string {
    const image = (values["core"] as { image?: { repository?: string } } | undefined)?.image;
    return `${image?.repository ?? "docker.io/goharbor/harbor-core"}:v${version}`;
}

function pullSecrets({ imagePullSecrets }: Settings["harbor"]["values"]): Pick<core.v1.PodSpec, "imagePullSecrets"> {
    return Array.isArray(imagePullSecrets) && imagePullSecrets.length > 0
        ? { imagePullSecrets: imagePullSecrets as core.v1.LocalObjectReference[] }
        : {};
}

/** The workloads by their names, and nothing else of the namespace. */
export function restartRules(readers: readonly Reader[]): rbac.v1.PolicyRule[] {
    return (["deployments", "statefulsets"] as const).flatMap((resource) => {
        const resourceNames = readers.filter((reader) => reader.resource === resource).map(({ name }) => name);
        if (resourceNames.length === 0) return [];
        return [{ apiGroups: ["apps"], resources: [resource], resourceNames, verbs: ["get", "patch"] }];
    });
}
