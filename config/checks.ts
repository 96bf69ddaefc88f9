import { checkBackup } from "./checks/backup";
import { checkCache } from "./checks/cache";
import { checkCharts } from "./checks/charts";
import { checkDatabase } from "./checks/database";
import { checkEncryptionKey } from "./checks/encryption-key";
import { checkExposure, checkExternalUrl } from "./checks/exposure";
import { checkServiceMonitors } from "./checks/metrics";
import { checkKubernetes } from "./checks/operators";
import { checkPortal } from "./checks/portal";
import { checkRawValues } from "./checks/raw-values";
import { checkScanning } from "./checks/scanning";
import { checkStorage } from "./checks/storage";
import { checkTls } from "./checks/tls";
import type { Settings } from "./schema";

const checks: readonly ((settings: Settings) => string[])[] = [
    checkStorage,
    checkBackup,
    checkCharts,
    checkEncryptionKey,
    checkExposure,
    checkExternalUrl,
    checkTls,
    checkDatabase,
    checkCache,
    checkKubernetes,
    checkServiceMonitors,
    checkScanning,
    checkPortal,
    checkRawValues,
];

/**
 * What settings have to do with each other: combinations that would break later are errors at preview.
 * Each check returns the mistakes that it found, as sentences with key, value and what to set instead.
 */
export function checkSettings(settings: Settings): string[] {
    return checks.flatMap((check) => check(settings));
}
