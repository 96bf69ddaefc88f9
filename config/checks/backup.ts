import { goDuration } from "../go-duration";
import type { Settings } from "../schema";

type Velero = Extract<Settings["backup"], { kind: "velero" }>;

/** What Velero would refuse later, and what would lose the backups together with what they are of. */
export function checkBackup(settings: Settings): string[] {
    const { backup } = settings;
    if (backup.kind !== "velero") return checkInstalled(settings);
    return [
        checkBucket(backup, settings),
        checkKeys(backup, settings),
        checkTrust(backup),
        checkVolumes(backup),
        checkSchedules(backup),
        checkNamespace(settings),
    ].flat();
}

function checkInstalled({ operators }: Settings): string[] {
    return operators.velero.installed
        ? ["operators.velero.installed is true, but backup.kind is none: set backup.kind to velero, or leave it out"]
        : [];
}

/** Whoever empties the registry's folder, as a disaster does, must not empty the backups' with it. */
function checkBucket({ location }: Velero, { storage, cluster }: Settings): string[] {
    if (!("bucket" in storage) || storage.bucket !== location.bucket) return [];
    const endpointOf = (one: object): string =>
        "endpoint" in one && typeof one.endpoint === "string"
            ? one.endpoint.replace(/\/$/, "")
            : cluster.kind === "lab"
              ? "lab"
              : "aws";
    if (endpointOf(storage) !== endpointOf(location)) return [];
    const images = "rootDirectory" in storage ? (storage.rootDirectory ?? "").replace(/^\/|\/$/g, "") : "";
    const backups = location.prefix ?? "";
    const inside = (folder: string, other: string): boolean => folder === other || folder.startsWith(`${other}/`);
    // At the root of its bucket the registry has one folder, docker.
    const clash =
        images === ""
            ? backups === "" || inside(backups, "docker")
            : backups === "" || inside(backups, images) || inside(images, backups);
    if (!clash) return [];
    return [
        `backup.location.bucket is "${location.bucket}" with ${backups === "" ? "no prefix" : `the prefix "${backups}"`}, ` +
            "which is where the registry keeps its images: set another bucket, best on another object store, " +
            "or another backup.location.prefix",
    ];
}

/** One pair of keys for Velero and for `backup`, which copies the images with it: a role of a pod reaches the first alone. */
function checkKeys({ location }: Velero, { cluster }: Settings): string[] {
    if (location.kind !== "s3") return [];
    const { accessKey, secretKey, existingSecret, endpoint, preset, createBucket, lab } = location;
    const keys = accessKey !== undefined && secretKey !== undefined;
    const ofTheLab = cluster.kind === "lab" && endpoint === undefined;
    const mistakes: string[] = [];
    if ((accessKey === undefined) !== (secretKey === undefined)) {
        const missing = accessKey === undefined ? "accessKey" : "secretKey";
        mistakes.push(
            `backup.location.${missing} is missing: set both keys ` +
                `(pulumi config set --secret --path backup.location.${missing})`,
        );
    } else if (keys && existingSecret !== undefined) {
        mistakes.push(
            `backup.location.existingSecret is "${existingSecret}", and the keys are set as well: set one of them`,
        );
    } else if (!keys && existingSecret === undefined && !ofTheLab) {
        mistakes.push(
            "backup.location has no keys: set backup.location.accessKey and backup.location.secretKey as secrets, or name a " +
                "Secret in Velero's namespace by backup.location.existingSecret; a role of the pod or the node alone is not " +
                "enough, since npx anchorage backup copies the images with the same keys; backup.location.kind aws makes a " +
                "user with keys",
        );
    }
    if (lab !== undefined && cluster.kind !== "lab") {
        mistakes.push(
            `backup.location.lab is "${lab}", but the stack's cluster is ${cluster.kind}: leave it out, and set ` +
                "backup.location.endpoint to the S3 that both clusters reach",
        );
    }
    if (
        lab !== undefined &&
        cluster.kind === "lab" &&
        (endpoint ?? accessKey ?? secretKey ?? existingSecret) !== undefined
    ) {
        mistakes.push(
            `backup.location.lab is "${lab}", whose S3 has its own endpoint and keys: leave the endpoint and the keys out, or the lab`,
        );
    }
    if (createBucket === true && !keys && !ofTheLab) {
        mistakes.push(
            "backup.location.createBucket is true, but the program has no keys to make it with: set " +
                "backup.location.accessKey and backup.location.secretKey",
        );
    }
    if (preset !== undefined && preset !== "aws" && endpoint === undefined && cluster.kind !== "lab") {
        mistakes.push(
            `backup.location.preset is "${preset}", and backup.location.endpoint is missing: set it to the URL of its S3, ` +
                "such as https://s3.example.com",
        );
    }
    if (preset === "aws" && endpoint !== undefined) {
        mistakes.push(
            `backup.location.endpoint is "${endpoint}", but backup.location.preset is aws, whose endpoint follows from the ` +
                "region: leave the endpoint out, or name by backup.location.preset who serves it",
        );
    }
    return mistakes;
}

function checkTrust({ location }: Velero): string[] {
    if (location.kind === "aws") return [];
    const { ca, skipVerify, endpoint } = location;
    const mistakes: string[] = [];
    if (ca !== undefined && skipVerify === true) {
        mistakes.push(
            "backup.location.ca is set, and backup.location.skipVerify is true, which makes it useless: leave skipVerify out",
        );
    }
    if (ca !== undefined && !ca.includes("-----BEGIN CERTIFICATE-----")) {
        mistakes.push("backup.location.ca is no PEM: it begins with -----BEGIN CERTIFICATE-----");
    }
    if (endpoint?.startsWith("https:") !== true && (ca !== undefined || skipVerify === true)) {
        const given = ca === undefined ? "skipVerify" : "ca";
        mistakes.push(
            `backup.location.${given} is set, but backup.location.endpoint is ${endpoint === undefined ? "missing" : `"${endpoint}"`}: ` +
                `set an https URL, or leave ${given} out`,
        );
    }
    return mistakes;
}

/** Velero finds no class for a volume's driver, and the backup ends PartiallyFailed. */
function checkVolumes({ volumes, snapshotClass }: Velero): string[] {
    if (volumes === "snapshots" && snapshotClass === undefined) {
        return [
            "backup.volumes is snapshots, and backup.snapshotClass is missing: set backup.snapshotClass.driver to the CSI " +
                "driver of the volumes (kubectl get csidrivers), or backup.volumes to files",
        ];
    }
    if (volumes !== "snapshots" && snapshotClass !== undefined) {
        return [
            `backup.snapshotClass is set, but backup.volumes is ${volumes}: set it to snapshots, or leave the class out`,
        ];
    }
    return [];
}

function checkSchedules({ schedules, validationFrequency }: Velero): string[] {
    const mistakes = schedules.flatMap(({ name, cron, ttl }, index) => {
        const key = `backup.schedules.${String(index)}`;
        const bad: string[] = [];
        if (!isCron(cron)) {
            bad.push(
                `${key}.cron is "${cron}": set five fields (minute, hour, day, month, weekday) such as "0 3 * * *", ` +
                    "or @hourly, @daily, @weekly, @monthly, @yearly, or @every 6h",
            );
        }
        const kept = ttl === undefined ? undefined : goDuration(ttl);
        if (ttl === undefined) {
            bad.push(`${key}.ttl is missing: set how long backups of schedule ${name} are kept, such as 168h`);
        } else if (kept === undefined || kept === 0) {
            bad.push(`${key}.ttl is "${ttl}": set hours such as 168h (Go's durations have no days)`);
        }
        if (schedules.findIndex((other) => other.name === name) !== index) {
            bad.push(`${key}.name is "${name}", as of another schedule: set another`);
        }
        return bad;
    });
    if (goDuration(validationFrequency) === undefined) {
        mistakes.push(`backup.validationFrequency is "${validationFrequency}": set a duration such as 30s or 1m`);
    }
    return mistakes;
}

const ranges = [
    [0, 59],
    [0, 23],
    [1, 31],
    [1, 12],
    [0, 7],
] as const;
const months = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec";
const days = "sun|mon|tue|wed|thu|fri|sat";

/** As the parser of Velero's schedules takes it (robfig/cron's standard fields). */
function isCron(text: string): boolean {
    if (/^@(hourly|daily|midnight|weekly|monthly|yearly|annually)$/.test(text)) return true;
    const every = /^@every (\S+)$/.exec(text)?.[1];
    if (every !== undefined) return (goDuration(every) ?? 0) > 0;
    const fields = text.split(/\s+/);
    return fields.length === ranges.length && fields.every(isField);
}

function isField(field: string, index: number): boolean {
    const [least = 0, most = 0] = ranges[index] ?? [];
    const names = index === 3 ? months : index === 4 ? days : "";
    const isValue = (value: string): boolean =>
        (names !== "" && new RegExp(`^(${names})$`, "i").test(value)) ||
        (/^\d+$/.test(value) && Number(value) >= least && Number(value) <= most);
    return field.split(",").every((part) => {
        const [range = "", step, ...rest] = part.split("/");
        if (rest.length > 0 || (step !== undefined && !/^[1-9]\d*$/.test(step))) return false;
        if (range === "*" || range === "?") return true;
        const [from = "", to, ...more] = range.split("-");
        return more.length === 0 && isValue(from) && (to === undefined || isValue(to));
    });
}

/** The registry's namespace is what is backed up, and Velero's own must outlive it. */
function checkNamespace({ namespace }: Settings): string[] {
    return namespace === "velero"
        ? ['namespace is "velero", which is where Velero is installed: set another for the registry']
        : [];
}
