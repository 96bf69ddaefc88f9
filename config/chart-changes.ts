/**
 * What differs between the minor versions of Harbor's chart: its keys, their defaults, and what it does. Compared key by
 * key: values.yaml and templates of goharbor/harbor-helm at the tags v1.12.0 to v1.19.1 and the release branches 1.17.0 and
 * 1.19.0 (1.19.2), 2026-11-23. Within one minor version from 1.14 on nothing differs but tags of images, and what is said here.
 */

/** Keys that a chart did not have before. */
export interface AddedKeys {
    /** Matches the dotted paths of the keys. */
    readonly pattern: RegExp;
    /** Minor version of the chart that brought them: 19 of 1.19. */
    readonly minor: number;
    /** What one can set with them. */
    readonly what: string;
}

/** A key that a chart has no more: it passes over it in silence. */
export interface RemovedKey {
    /** Dotted path; stands for all below it. */
    readonly key: string;
    /** Minor version of the chart that no longer has it. */
    readonly minor: number;
    /** The key that took its place; absent: none did. */
    readonly renamedTo?: string;
    readonly why: string;
}

/** A chart's other value of a key that nobody sets, or something else that it does differently. */
export interface ChangedDefault {
    /** Dotted path, where it is a key's default. */
    readonly key?: string;
    /** The chart that changed it: 1.19.0. */
    readonly chart: string;
    readonly what: string;
    /** Whose cache it is about: the chart's own, or another; absent: any stack. */
    readonly cache?: "internal" | "external";
}

/** Since 1.17, the first one after the oldest chart that the program installs. */
export const addedKeys: readonly AddedKeys[] = [
    { pattern: /^redis\.external\.tlsOptions(\.|$)/, minor: 17, what: "TLS to an external Redis" },
    { pattern: /^expose\.route(\.|$)/, minor: 18, what: "exposure by an HTTPRoute of the Gateway API" },
    { pattern: /^ipFamily\.(families|policy)$/, minor: 18, what: "IP families of the Services" },
    { pattern: /^trivy\.(dbRepository|javaDBRepository)$/, minor: 18, what: "mirrors of Trivy's databases" },
    { pattern: /\.podDisruptionBudget(\.|$)/, minor: 19, what: "a disruption budget for each component" },
    {
        pattern: /^jobservice\.registryHttpClientTimeout$/,
        minor: 19,
        what: "jobservice's timeout towards the registry",
    },
    {
        pattern: /^(?!database\.).*\.(liveness|readiness)Probe(\.|$)/,
        minor: 19,
        what: "times of each component's probes",
    },
    {
        pattern: /^core\.startupProbe\.(?!enabled$|initialDelaySeconds$)/,
        minor: 19,
        what: "times of core's startup probe",
    },
    {
        pattern: /^database\.internal\.\w+Probe\.(?!timeoutSeconds$)/,
        minor: 19,
        what: "times of the internal database's probes",
    },
];

const notary = "Notary is gone from Harbor: sign with Cosign or Notation";

export const removedKeys: readonly RemovedKey[] = [
    { key: "notary", minor: 13, why: notary },
    { key: "expose.ingress.notary", minor: 13, why: notary },
    { key: "expose.ingress.hosts.notary", minor: 13, why: notary },
    { key: "expose.tls.secret.notarySecretName", minor: 13, why: notary },
    { key: "expose.clusterIP.ports.notaryPort", minor: 13, why: notary },
    { key: "expose.loadBalancer.ports.notaryPort", minor: 13, why: notary },
    { key: "expose.nodePort.ports.notary", minor: 13, why: notary },
    { key: "database.external.notaryServerDatabase", minor: 13, why: notary },
    { key: "database.external.notarySignerDatabase", minor: 13, why: notary },
    {
        key: "expose.ingress.harbor.annotations",
        minor: 15,
        renamedTo: "expose.ingress.annotations",
        why: "there is one Ingress since Notary is gone",
    },
    {
        key: "expose.ingress.harbor.labels",
        minor: 15,
        renamedTo: "expose.ingress.labels",
        why: "there is one Ingress since Notary is gone",
    },
];

/** Components, as the chart's values name their images. */
const imagesOf = [
    "nginx",
    "portal",
    "core",
    "jobservice",
    "registry.registry",
    "registry.controller",
    "trivy",
    "database.internal",
    "redis.internal",
    "exporter",
] as const;

export const changedDefaults: readonly ChangedDefault[] = [
    {
        chart: "1.18.0",
        what: "quay.io, GitLab and Docker Trusted Registry are no longer offered as endpoints of replication",
    },
    { chart: "1.18.0", what: "quay is no longer a type for new proxy-cache projects, ali-acr is one" },
    { chart: "1.18.0", what: "Trivy asks mirror.gcr.io for its databases first, then ghcr.io" },
    { chart: "1.18.0", what: "the chart's nginx with TLS waits 900 s for core; it was 60 s" },
    ...imagesOf.map((component) => ({
        key: `${component}.image.repository`,
        chart: "1.19.0",
        what: "names docker.io; a registry mirror that rewrites names without a registry no longer does",
    })),
    {
        chart: "1.19.0",
        cache: "external",
        what: "the registry reads the external Redis' user and password out of its ConfigMap, no longer out of the Secret",
    },
    {
        key: "redis.internal.image.repository",
        chart: "1.19.2",
        cache: "internal",
        what: "is valkey-photon, it was redis-photon",
    },
];
