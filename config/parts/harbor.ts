import type { Settings } from "../schema";
import { certificateUse, endsAtNginx, hasNginx } from "./entry";
import { failsAlone, use, type Part, type SinglePoint, type Use } from "./part";

/** Harbor's own components. */
export function harborParts(settings: Settings): Part[] {
    const { harbor, storage } = settings;
    const { replicas } = harbor;
    const secure = harbor.internalTls ? "https, " : "";
    // One arrow says it all where a component asks for the certificate that clients see, too.
    const withCertificate = (uses: readonly Use[]): readonly Use[] =>
        !harbor.internalTls || uses.some(({ part }) => part === "cert-manager")
            ? uses
            : [...uses, use("cert-manager", "certificate")];
    const component = (
        id: string,
        title: string,
        instances: number,
        uses: readonly Use[],
        alone: { readonly why: string; readonly mend: string } | undefined,
    ): Part => ({
        id,
        title,
        kind: "component",
        version: harbor.version,
        namespace: settings.namespace,
        instances,
        uses: withCertificate(uses.map(({ part, what }) => use(part, inside.has(part) ? secure + what : what))),
        ...point(settings, instances, alone),
    });
    const sql = use("database", "SQL");
    const more = (name: keyof typeof replicas): string => `set harbor.replicas.${name}: 2`;
    return [
        ...(hasNginx(settings)
            ? [
                  component(
                      "nginx",
                      "nginx",
                      replicas.core,
                      [
                          use("core", "/v2, /api, /service, /c"),
                          use("portal", "/"),
                          ...(endsAtNginx(settings) ? certificateUse(settings) : []),
                      ],
                      { why: "one pod that all requests go through", mend: `${more("core")}, which nginx follows` },
                  ),
              ]
            : []),
        component("portal", "portal", replicas.portal, [], {
            why: "one pod: without it the web pages are gone; pushes and pulls go on",
            mend: more("portal"),
        }),
        component(
            "core",
            "core",
            replicas.core,
            [
                sql,
                use("cache", "sessions, cached manifests"),
                use("registry", "layers, manifests"),
                use("jobservice", "jobs"),
            ],
            { why: "one pod: without it nobody logs in, pushes or pulls", mend: more("core") },
        ),
        component(
            "jobservice",
            "jobservice",
            replicas.jobservice,
            [
                sql,
                use("cache", "queues"),
                use("core", "results"),
                use("registry", "garbage collection, replication"),
                ...(harbor.trivy ? [use("trivy", "scans")] : []),
            ],
            {
                why: "one pod: without it replications, scans and garbage collection wait; pushes and pulls go on",
                mend: more("jobservice"),
            },
        ),
        component("registry", "registry", replicas.registry, [use("storage", "layers"), use("cache", "descriptors")], {
            why: "one pod: without it nobody pushes or pulls",
            mend: `${singleWriter(storage) ? "set storage.kind: s3, or storage.accessMode: ReadWriteMany; then " : ""}${more("registry")}`,
        }),
        ...(harbor.trivy
            ? [
                  component(
                      "trivy",
                      "Trivy",
                      replicas.trivy,
                      [use("cache", "reports"), use("core", "layers"), use("trivy-databases", "known vulnerabilities")],
                      { why: "one pod: without it scans wait; pushes and pulls go on", mend: more("trivy") },
                  ),
                  scannerDatabases(settings),
              ]
            : []),
        ...(harbor.metrics
            ? [component("exporter", "exporter", 1, [sql, use("cache", "queues")], undefined), ...monitoring(settings)]
            : []),
    ];
}

/** Parts whose connections have TLS with harbor.internalTls. */
const inside: ReadonlySet<string> = new Set(["core", "portal", "registry", "jobservice", "trivy"]);

function singleWriter(storage: Settings["storage"]): boolean {
    return storage.kind === "volume" && storage.accessMode === "ReadWriteOnce";
}

/** One pod is one; several that may stand on one node are no better when that node goes. */
function point(
    { placement }: Settings,
    instances: number,
    alone: SinglePoint | undefined,
): Pick<Part, "singlePointOfFailure"> {
    if (alone === undefined) return {};
    if (instances === 1) return failsAlone(true, alone.why, alone.mend);
    return failsAlone(
        placement.spread === "none",
        "its pods may all stand on one node",
        "set placement.spread: preferred",
    );
}

function scannerDatabases({ scanning }: Settings): Part {
    const { databaseMirrors, javaDatabaseMirrors } = scanning;
    const hosts = [...databaseMirrors, ...javaDatabaseMirrors].map((repository) => repository.split("/")[0] ?? "");
    return {
        id: "trivy-databases",
        title: `Trivy's databases${hosts.length === 0 ? " on the internet" : ` at ${[...new Set(hosts)].join(", ")}`}`,
        kind: "service",
        uses: [],
    };
}

function monitoring({ harbor }: Settings): Part[] {
    if (!harbor.serviceMonitors) return [];
    const scraped = ["core", "jobservice", "registry", "exporter"].map((part) => use(part, "metrics"));
    return [{ id: "prometheus", title: "Prometheus, the cluster's own", kind: "service", uses: scraped }];
}
