import { missingBefore } from "../chart-keys";
import type { Settings } from "../schema";

const mirrors = [
    ["databaseMirrors", "trivy.dbRepository", "trivy-db", "registry.example.com/mirror/trivy-db"],
    ["javaDatabaseMirrors", "trivy.javaDBRepository", "trivy-java-db", "registry.example.com/mirror/trivy-java-db"],
] as const;

/**
 * A scanner without a way to its databases fails at its first scan, not at its start (harbor#18204, #16145). Trivy cannot
 * skip the download of a database that it has never had.
 */
export function checkScanning({ scanning, harbor }: Settings): string[] {
    const asked = scanning.offline || mirrors.some(([setting]) => scanning[setting].length > 0);
    if (!asked) return [];
    if (!harbor.trivy) {
        const set = scanning.offline ? "offline" : mirrors.find(([setting]) => scanning[setting].length > 0)?.[0];
        return [
            `scanning.${String(set)} is set, but harbor.trivy is false, so that nothing scans: leave scanning out, or set harbor.trivy to true`,
        ];
    }
    return mirrors.flatMap(([setting, key, what, example]) => {
        const given = scanning[setting];
        if (given.length === 0) {
            return scanning.offline
                ? [
                      `scanning.${setting} is empty, but scanning.offline is true: Trivy needs a first copy of ${what}; name a mirror that the cluster reaches, such as ${example}`,
                  ]
                : [];
        }
        const since = missingBefore(harbor.version, key);
        return [
            ...(since === undefined
                ? []
                : [
                      `scanning.${setting} is set, but harbor.version is "${harbor.version}", whose chart knows ${key} only from ${since}: set a newer version, or leave it out`,
                  ]),
            ...given
                .filter((repository) => !isRepository(repository))
                .map(
                    (repository) =>
                        `scanning.${setting} has ${JSON.stringify(repository)}; it must be <host>/<repository>, without a scheme, such as ${example}`,
                ),
        ];
    });
}

/** A reference of the distribution registry: host with a dot, a port or `localhost`; path; tag. */
function isRepository(text: string): boolean {
    const host = /^(localhost|[a-z0-9][-a-z0-9]*(\.[a-z0-9][-a-z0-9]*)+|[a-z0-9][-a-z0-9]*(?=:))(:\d+)?$/;
    const [first = "", ...rest] = text.split("/");
    return host.test(first) && /^[a-z0-9][-a-z0-9._/]*(:[\w][-\w.]{0,127})?$/.test(rest.join("/"));
}
