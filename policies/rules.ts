import type { Rule } from "./rule";
import { backupSchedulePresent } from "./rules/backups";
import { noPublicBucket } from "./rules/buckets";
import { imagesPinned } from "./rules/images";
import { noRetiredPart } from "./rules/retired";
import { noSecretInClear } from "./rules/secrets";
import { httpsInProduction, tlsOn } from "./rules/tls";
import { noSharedSingleNodeVolume } from "./rules/volumes";
import { disruptionBudgetsSet, resourcesSet } from "./rules/workloads";

/** Every promise, as docs/policies.md lists them. */
export const rules: readonly Rule[] = [
    noSecretInClear,
    noPublicBucket,
    noSharedSingleNodeVolume,
    resourcesSet,
    disruptionBudgetsSet,
    imagesPinned,
    httpsInProduction,
    tlsOn,
    backupSchedulePresent,
    noRetiredPart,
];
