import { fingerprintOf, type CompleteManifest, type IncompleteManifest } from "../../automation/backup/manifest";

/** Manifests of sets of a stack `lab`, by their age. */

const day = 24 * 3_600_000;
/** Milliseconds since 1970 from which their age counts. */
export const now = Date.parse("2026-11-23T00:00:00Z");

const common = (name: string, daysAgo: number) =>
    ({
        ...{
            version: 1 as const,
            name,
            stack: "lab",
            kind: "regular" as const,
            anchorage: "0.1.0",
            harbor: "2.15.2",
            chart: "1.19.2",
        },
        ...{ namespace: "harbor", release: "harbor", registryUrl: "http://localhost:8080" },
        secretKeyFingerprint: fingerprintOf("0123456789abcdef"),
        beganAt: new Date(now - daysAgo * day).toISOString(),
    }) as const;

export const complete = (name: string, daysAgo: number, more: Partial<CompleteManifest> = {}): CompleteManifest => {
    const at = new Date(now - daysAgo * day).toISOString();
    return {
        ...common(name, daysAgo),
        ...{ state: "complete", endedAt: at, quietWindow: { beganAt: at, endedAt: at, ms: 4_000 } },
        velero: { backupName: `anchorage-${name}`, phase: "Completed", items: 40, warnings: 0, volumes: "none" },
        database: { kind: "internal", serverVersion: "17.10", bytes: 6, sha256: "0".repeat(64), format: "custom" },
        blobs: { kind: "velero" },
        counts: { projects: 1, repositories: 2, artifacts: 3 },
        ...{ pausedQueues: ["SCHEDULER"], schedules: [], sample: [] },
        ...more,
    };
};
export const incomplete = (name: string, daysAgo: number): IncompleteManifest => ({
    ...common(name, daysAgo),
    ...{ state: "incomplete", why: "it was killed", velero: { backupName: `anchorage-${name}` } },
});
