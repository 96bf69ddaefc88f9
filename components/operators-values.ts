import { images } from "../config/catalogue";
import { controllerPods } from "../config/controller-pods";
import type { Settings } from "../config/schema";
import type { OperatorId } from "../config/schema/operators";
import { merge, type ChartValues } from "./chart-values";
import { spreadConstraints } from "./spread-constraints";

/** Values of an operator's chart. Pure; the keys are those of the chart's version in the catalogue. */
export function operatorValues(id: OperatorId, settings: Settings): ChartValues {
    return table[id](settings);
}

const table: Readonly<Record<OperatorId, (settings: Settings) => ChartValues>> = {
    "cert-manager": (settings) => ({
        crds: { enabled: true },
        global: priority(settings),
        replicaCount: controllerPods(settings),
        ...resources(settings, "20m", "64Mi", "256Mi"),
        webhook: { replicaCount: controllerPods(settings), ...resources(settings, "10m", "32Mi", "128Mi") },
        cainjector: { replicaCount: controllerPods(settings), ...resources(settings, "10m", "64Mi", "256Mi") },
        // HTTP-01 answers through the Gateway. It ends itself where the CRDs of the Gateway API are missing.
        ...(settings.exposure.kind === "route" ? { config: { gatewayAPI: { enabled: true } } } : {}),
    }),
    "ingress-nginx": (settings) => ({
        controller: {
            replicaCount: controllerPods(settings),
            ...priority(settings),
            ...resources(settings, "100m", "128Mi", "512Mi"),
            ...spread(settings, "ingress-nginx"),
            ...ingressClass(settings, (name) => ({ ingressClass: name, ingressClassResource: { name } })),
            // The default is 503, which clients take for a registry that is down.
            ...(hasRateLimit(settings)
                ? { config: { "limit-req-status-code": "429" }, service: { externalTrafficPolicy: "Local" } }
                : {}),
        },
    }),
    "envoy-gateway": (settings) => ({
        crds: { enabled: true },
        deployment: {
            replicas: controllerPods(settings),
            ...priority(settings),
            envoyGateway: resources(settings, "100m", "256Mi", "1Gi"),
        },
        ...(controllerPods(settings) > 1 ? { podDisruptionBudget: { minAvailable: 1 } } : {}),
    }),
    traefik: (settings) => ({
        deployment: { replicas: controllerPods(settings) },
        ...(controllerPods(settings) > 1 ? { podDisruptionBudget: { enabled: true, minAvailable: 1 } } : {}),
        ...priority(settings),
        ...resources(settings, "100m", "128Mi", "512Mi"),
        ...spread(settings, "traefik"),
        global: { checkNewVersion: false, sendAnonymousUsage: false },
        ...traefikProviders(settings),
        ports: traefikPorts(settings),
        ...(hasRateLimit(settings) ? { service: { spec: { externalTrafficPolicy: "Local" } } } : {}),
    }),
    "cloudnative-pg": (settings) => ({
        crds: { create: true },
        replicaCount: controllerPods(settings),
        ...priority(settings),
        ...resources(settings, "50m", "128Mi", "512Mi"),
    }),
    // It elects no leader, and its chart has one pod.
    zalando: (settings) => ({
        ...priority(settings),
        ...resources(settings, "50m", "128Mi", "512Mi"),
        // Data is deleted by a person, never with the object that it belongs to.
        configKubernetes: { enable_persistent_volume_claim_deletion: false },
        // Its own limits of CPU would slow PostgreSQL down while a node is idle.
        configPostgresPodResources: { default_cpu_limit: "0", min_cpu_limit: "0" },
    }),
    "redis-ot": (settings) => ({
        replicas: controllerPods(settings),
        ...priority(settings),
        ...resources(settings, "50m", "128Mi", "512Mi"),
    }),
    "redis-spotahome": (settings) => ({
        replicas: controllerPods(settings),
        ...priority(settings),
        ...resources(settings, "50m", "128Mi", "256Mi"),
    }),
    velero: (settings) => ({
        ...priority(settings),
        ...resources(settings, "100m", "128Mi", "1Gi"),
        initContainers: [
            {
                name: "velero-plugin-for-aws",
                image: images.veleroPluginForAws,
                volumeMounts: [{ mountPath: "/target", name: "plugins" }],
            },
        ],
        // Locations, their keys and schedules are objects of the stack (components/backup.ts).
        backupsEnabled: false,
        snapshotsEnabled: false,
        credentials: { useSecret: false },
        ...veleroVolumes(settings),
    }),
};

/** The node agent reads files of volumes on their nodes; snapshots need Velero's part for CSI. */
function veleroVolumes({ backup, placement }: Settings): ChartValues {
    const volumes = backup.kind === "velero" ? backup.volumes : "none";
    return {
        deployNodeAgent: volumes === "files",
        ...(volumes === "files" && placement.priorityClass !== undefined
            ? { nodeAgent: { priorityClassName: placement.priorityClass } }
            : {}),
        configuration: {
            uploaderType: "kopia",
            ...(volumes === "snapshots" ? { features: "EnableCSI" } : {}),
        },
    };
}

/** CPU has no limit, memory has one, as for Harbor's own pods (components/placement-resources.ts). */
function resources({ placement }: Settings, cpu: string, memory: string, limit: string): ChartValues {
    if (placement.resources === "none") return {};
    return { resources: { requests: { cpu, memory }, limits: { memory: limit } } };
}

function priority({ placement }: Settings): ChartValues {
    return placement.priorityClass === undefined ? {} : { priorityClassName: placement.priorityClass };
}

/** Controllers that requests go through, apart where there are several. */
function spread(settings: Settings, app: string): ChartValues {
    return spreadConstraints(settings.placement.spread, controllerPods(settings), { "app.kubernetes.io/name": app });
}

/** A limit for each client needs the client's own address, which a hop between two nodes would take away. */
function hasRateLimit({ exposure }: Settings): boolean {
    return "rateLimit" in exposure && exposure.rateLimit !== undefined;
}

function ingressClass({ exposure }: Settings, values: (name: string) => ChartValues): ChartValues {
    return exposure.kind === "ingress" && exposure.className !== undefined ? values(exposure.className) : {};
}

/** The Gateway and its class are the exposure's own objects. */
function traefikProviders(settings: Settings): ChartValues {
    const route = settings.exposure.kind === "route";
    return {
        providers: { kubernetesIngress: { enabled: !route }, kubernetesGateway: { enabled: route } },
        gateway: { enabled: false },
        gatewayClass: { enabled: false },
        ingressClass: {
            enabled: !route,
            isDefaultClass: false,
            ...ingressClass(settings, (name) => ({ name })),
        },
    };
}

/**
 * Traefik gives a request 60 s by default, and an image's layer takes longer. It refuses encoded slashes and percent
 * signs, which stand in the paths of Harbor's API (`library%252Fnginx`).
 */
function traefikPorts({ exposure, tls }: Settings): ChartValues {
    const entryPoint: ChartValues = {
        transport: { respondingTimeouts: { readTimeout: "3600s" } },
        http: { encodedCharacters: { allowEncodedSlash: true, allowEncodedPercent: true } },
    };
    const toHttps = { entryPoint: { to: "websecure", scheme: "https", permanent: true } };
    const redirect = exposure.kind === "ingress" && tls.kind !== "none";
    return {
        web: merge(entryPoint, redirect ? { http: { redirections: toHttps } } : {}),
        websecure: entryPoint,
    };
}
