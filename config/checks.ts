import { defaultHarborVersion } from "./catalogue";
import type { Settings } from "./schema";

/**
 * What settings have to do with each other: combinations that would break later are errors at preview.
 * Each function returns the mistakes that it found, as sentences with key, value and what to set instead.
 */
export function checkSettings(settings: Settings): string[] {
    return [checkVolume, checkJobLogs, checkS3, checkCharts, checkExternalUrl, checkRawValues].flatMap((check) =>
        check(settings),
    );
}

/** A ReadWriteOnce volume goes to one node: a second pod, or the new pod of a rolling update, waits for ever (harbor-helm#2288). */
function checkVolume({ storage, harbor }: Settings): string[] {
    if (storage.kind !== "volume" || storage.accessMode !== "ReadWriteOnce") return [];
    const { registry } = harbor.replicas;
    return [
        ...(registry > 1
            ? [
                  `harbor.replicas.registry is ${String(registry)}, but storage.accessMode is ReadWriteOnce: ` +
                      "set storage.accessMode to ReadWriteMany, use storage.kind s3, or set one replica",
              ]
            : []),
        ...(harbor.updateStrategy === "RollingUpdate"
            ? [
                  "harbor.updateStrategy is RollingUpdate, but storage.accessMode is ReadWriteOnce: the new pod could not " +
                      "mount the volume; leave it out, or set storage.accessMode to ReadWriteMany",
              ]
            : []),
    ];
}

/** Job logs on a volume are read by the pod that answers the request, so several pods need a shared one. */
function checkJobLogs({ storage, harbor }: Settings): string[] {
    const shared = storage.kind === "volume" && storage.accessMode === "ReadWriteMany";
    if (harbor.jobLogs !== "file" || harbor.replicas.jobservice === 1 || shared) return [];
    return [
        `harbor.jobLogs is "file" with ${String(harbor.replicas.jobservice)} jobservice replicas and no ReadWriteMany volume: ` +
            'set harbor.jobLogs to "database", or one replica',
    ];
}

/** Harbor takes static keys only (harbor#12888, #16490). A lab has its own. */
function checkS3({ storage, cluster }: Settings): string[] {
    if (storage.kind !== "s3") return [];
    const { accessKey, secretKey, existingSecret, endpoint, createBucket } = storage;
    const keys = accessKey !== undefined && secretKey !== undefined;
    const ofTheLab = cluster.kind === "lab" && endpoint === undefined;
    const mistakes: string[] = [];
    if ((accessKey === undefined) !== (secretKey === undefined)) {
        const missing = accessKey === undefined ? "accessKey" : "secretKey";
        mistakes.push(
            `storage.${missing} is missing: set both keys (pulumi config set --secret --path storage.${missing})`,
        );
    } else if (keys && existingSecret !== undefined) {
        mistakes.push(`storage.existingSecret is "${existingSecret}", and the keys are set as well: set one of them`);
    } else if (!keys && existingSecret === undefined && !ofTheLab) {
        mistakes.push(
            "storage has no keys: set storage.accessKey and storage.secretKey as secrets, or name a Secret by " +
                "storage.existingSecret; roles without keys are not supported by Harbor",
        );
    }
    if (createBucket === true && !keys && !ofTheLab) {
        mistakes.push(
            "storage.createBucket is true, but the program has no keys to make it with: set storage.accessKey and storage.secretKey",
        );
    }
    return mistakes;
}

function checkCharts({ charts, cluster, harbor }: Settings): string[] {
    const { source, location } = charts;
    if (source === "contract" && cluster.kind !== "lab") {
        return [
            `charts.source is "contract", which only the lab can run, but cluster.kind is "${cluster.kind}": set "repository"`,
        ];
    }
    if (source === "contract" && harbor.version !== defaultHarborVersion) {
        return [
            `harbor.version is "${harbor.version}", but the contract chart stands for ${defaultHarborVersion} only: ` +
                'leave harbor.version out, or set charts.source to "folder" with that version\'s chart',
        ];
    }
    if ((source === "folder" || source === "oci") && location === undefined) {
        return [
            `charts.source is "${source}", but charts.location is missing: ${source === "oci" ? "oci://host/path" : "a folder with harbor/ in it"}`,
        ];
    }
    if (source === "oci" && location?.startsWith("oci://") === false) {
        return [`charts.location is "${location}"; with charts.source "oci" it begins with oci://`];
    }
    return [];
}

/** externalURL is the realm of every token, and the chart works at a domain's root only (facts of harbor-helm). */
function checkExternalUrl({ harbor, exposure }: Settings): string[] {
    const { externalUrl } = harbor;
    if (externalUrl === undefined) return [];
    const key = `harbor.externalUrl is "${externalUrl}"`;
    let url: URL;
    try {
        url = new URL(externalUrl);
    } catch {
        return [`${key}; it must be an http(s) URL such as https://registry.example.com`];
    }
    if (url.protocol !== "http:" && url.protocol !== "https:")
        return [`${key}; it must begin with http:// or https://`];
    const mistakes: string[] = [];
    if (url.pathname !== "/" || url.search !== "" || url.hash !== "" || externalUrl.endsWith("/")) {
        mistakes.push(`${key}; Harbor works at the root of a host only: set "${url.origin}"`);
    }
    const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
    if (url.protocol === "https:" || port !== exposure.localPort) {
        mistakes.push(
            `${key}, but exposure.kind is "clusterIP", which answers on http and port ${String(exposure.localPort)} ` +
                `by a port-forward: leave it out, or set "http://${url.hostname}:${String(exposure.localPort)}"`,
        );
    }
    return mistakes;
}

/** Raw values that would undo what the program promises, and why. */
const forbiddenValues: readonly (readonly [path: string, why: string])[] = [
    [
        "core.configureUserSettings",
        "it locks every setting, read-only for a backup too (harbor#8076): change settings through the API",
    ],
    ["harborAdminPassword", "a password in clear: the program keeps it in a Secret"],
    ["secretKey", "a key in clear: the program keeps it in a Secret, and it must never change"],
    ["existingSecretAdminPassword", "the program's own Secret is named here"],
    ["existingSecretSecretKey", "the program's own Secret is named here"],
    ["core.secret", "a secret in clear: the program keeps it in a Secret"],
    ["core.existingSecret", "the program's own Secret is named here"],
    ["core.secretName", "the program's own token key is named here"],
    ["core.tokenKey", "a key in clear: the program keeps it in a Secret"],
    ["core.tokenCert", "the program's own token key is named here"],
    ["core.xsrfKey", "a key in clear: the program keeps it in a Secret"],
    ["core.existingXsrfSecret", "the program's own Secret is named here"],
    ["jobservice.secret", "a secret in clear: the program keeps it in a Secret"],
    ["jobservice.existingSecret", "the program's own Secret is named here"],
    ["registry.secret", "a secret in clear: the program keeps it in a Secret"],
    ["registry.existingSecret", "the program's own Secret is named here"],
    ["registry.credentials", "the program's own Secret is named here"],
    ["database.internal.password", "a password in clear: the program makes it"],
    ["externalURL", "set harbor.externalUrl"],
    ["expose", "set exposure"],
    ["persistence.imageChartStorage", "set storage"],
];

function checkRawValues({ harbor }: Settings): string[] {
    return forbiddenValues.flatMap(([path, why]) =>
        has(harbor.values, path.split(".")) ? [`harbor.values.${path} is not for raw values: ${why}`] : [],
    );
}

function has(value: unknown, [head, ...rest]: readonly string[]): boolean {
    if (head === undefined) return true;
    return (
        typeof value === "object" &&
        value !== null &&
        head in value &&
        has((value as Record<string, unknown>)[head], rest)
    );
}
