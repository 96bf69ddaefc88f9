import type { Settings } from "../config/schema";
import { hookKey, schemaMigrationOf } from "../config/schema-migration";
import { updateStrategyOf } from "../config/update-strategy";
import { merge, type ChartValues } from "./chart-values";
import { names, secretKeys } from "./names";
import { hasProxy, placementValues } from "./placement-values";

export interface HarborValuesArgs {
    readonly settings: Settings;
    readonly registryUrl: string;
    /** What the other parts give: `expose`, `database`, `redis`, `persistence`, `internalTLS`. */
    readonly parts: readonly ChartValues[];
}

/**
 * The chart's values. Pure, the same for the same settings; no secret in them: each is named by the Secret that
 * holds it. Key names: goharbor/harbor-helm 1.19, values.yaml.
 */
export function harborValues({ settings, registryUrl, parts }: HarborValuesArgs): ChartValues {
    const { harbor } = settings;
    const values: ChartValues = {
        externalURL: registryUrl,
        ...secretValues(),
        // The same in each update, so that the one after an upgrade has nothing to change.
        ...(schemaMigrationOf(settings).by === "hook" ? { [hookKey]: true } : {}),
        updateStrategy: { type: updateStrategyOf(settings) },
        metrics: { enabled: harbor.metrics, serviceMonitor: { enabled: harbor.serviceMonitors } },
        cache: { enabled: harbor.cache },
        // All requests come through it, so it must not be the one pod that is missing.
        ...(hasProxy(settings.exposure) ? { nginx: { replicas: harbor.replicas.core } } : {}),
        portal: { replicas: harbor.replicas.portal },
        core: { replicas: harbor.replicas.core, ...coreSecrets },
        jobservice: {
            replicas: harbor.replicas.jobservice,
            jobLoggers: [jobLogs(settings)],
            existingSecret: names.jobserviceSecret,
            existingSecretKey: secretKeys.jobservice,
        },
        registry: {
            replicas: harbor.replicas.registry,
            existingSecret: names.registrySecret,
            existingSecretKey: secretKeys.registry,
            credentials: { existingSecret: names.registryCredentials },
        },
        trivy: { enabled: harbor.trivy, replicas: harbor.replicas.trivy, ...scanning(settings) },
    };
    return [placementValues(settings), ...parts, harbor.values].reduce(merge, values);
}

/**
 * Where Trivy gets its databases. Its updates stay on with mirrors: a scanner that skips them needs databases that
 * somebody has put on its volume (trivy.skipUpdate in the chart's values.yaml), and ages from then on.
 */
function scanning({ scanning: { databaseMirrors, javaDatabaseMirrors, offline } }: Settings): ChartValues {
    return {
        ...(databaseMirrors.length === 0 ? {} : { dbRepository: databaseMirrors }),
        ...(javaDatabaseMirrors.length === 0 ? {} : { javaDBRepository: javaDatabaseMirrors }),
        ...(offline ? { offlineScan: true, skipUpdate: false, skipJavaDBUpdate: false } : {}),
    };
}

/** Logs on a volume need a shared one as soon as a second pod writes or, in a rolling update, takes over. */
function jobLogs({ harbor, storage }: Settings): "file" | "database" {
    const shared = storage.kind === "nfs" || (storage.kind === "volume" && storage.accessMode === "ReadWriteMany");
    return harbor.jobLogs ?? (shared ? "file" : "database");
}

function secretValues(): ChartValues {
    return {
        existingSecretAdminPassword: names.adminSecret,
        existingSecretAdminPasswordKey: secretKeys.admin,
        existingSecretSecretKey: names.encryptionKeySecret,
    };
}

const coreSecrets = {
    existingSecret: names.coreSecret,
    existingXsrfSecret: names.coreSecret,
    existingXsrfSecretKey: secretKeys.xsrf,
    secretName: names.tokenSecret,
} as const;
