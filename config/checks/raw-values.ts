import { chartKeys, unknownChartValues, type ChartKeys, type UnknownChartValue } from "../chart-keys";
import { nearest } from "../nearest";
import type { Settings } from "../schema";
import { hookKey, whyNoJob } from "../schema-migration";

const ownSecret = "the program's own Secret is named here";
const inClear = (what: string): string => `${what} in clear: the program keeps it in a Secret`;
const setting = (path: string): string => `set ${path}`;

/** Raw values that would undo what the program promises, and why. Each stands for everything below it. */
export const forbiddenValues: Readonly<Record<string, string>> = {
    // Secrets, and where they are.
    harborAdminPassword: inClear("a password"),
    existingSecretAdminPassword: ownSecret,
    existingSecretAdminPasswordKey: ownSecret,
    secretKey: "a key in clear: the program keeps it in a Secret, and it must never change",
    existingSecretSecretKey: ownSecret,
    "core.secret": inClear("a secret"),
    "core.existingSecret": ownSecret,
    "core.secretName": "the program's own token key is named here",
    "core.tokenKey": inClear("a key"),
    "core.tokenCert": "the program's own token key is named here",
    "core.xsrfKey": inClear("a key"),
    "core.existingXsrfSecret": ownSecret,
    "core.existingXsrfSecretKey": ownSecret,
    "jobservice.secret": inClear("a secret"),
    "jobservice.existingSecret": ownSecret,
    "jobservice.existingSecretKey": ownSecret,
    "registry.secret": inClear("a secret"),
    "registry.existingSecret": ownSecret,
    "registry.existingSecretKey": ownSecret,
    "registry.credentials": ownSecret,
    "database.internal.password": "a password in clear: the program makes it",
    "trivy.gitHubToken": "a token in clear; Trivy's databases come from OCI registries (scanning.databaseMirrors)",
    "trace.jaeger.password": "a password in clear, which the chart takes in no other way: use trace.otel",

    // What the checks of the settings rely on.
    updateStrategy: setting("harbor.updateStrategy, which is held against the access mode of the volumes"),
    ...Object.fromEntries(
        ["portal", "core", "jobservice", "registry", "trivy"].map((component) => [
            `${component}.replicas`,
            setting(`harbor.replicas.${component}`),
        ]),
    ),
    "nginx.replicas": setting("harbor.replicas.core, which nginx follows"),
    "exporter.replicas": "the connections of the database are counted for one exporter",
    "jobservice.jobLoggers": setting("harbor.jobLogs"),
    "trivy.enabled": setting("harbor.trivy"),
    "trivy.dbRepository": setting("scanning.databaseMirrors"),
    "trivy.javaDBRepository": setting("scanning.javaDatabaseMirrors"),
    "trivy.offlineScan": setting("scanning.offline"),
    "trivy.skipUpdate": setting("scanning.offline"),
    "trivy.skipJavaDBUpdate": setting("scanning.offline"),
    "metrics.enabled": setting("harbor.metrics"),
    "metrics.serviceMonitor.enabled": setting("harbor.serviceMonitors"),
    "cache.enabled": setting("harbor.cache"),
    internalTLS: setting("harbor.internalTls"),
    externalURL: setting("harbor.externalUrl"),
    expose: setting("exposure and tls"),
    "database.type": setting("database.kind"),
    "database.external": setting("database"),
    "database.maxOpenConns": setting("database.maxOpenConnections, which is held against max_connections"),
    "redis.type": setting("cache.kind"),
    "redis.external": setting("cache"),
    "persistence.enabled": "without it the images are gone with their pod",
    "persistence.resourcePolicy": "without it helm deletes the volumes, and the images on them, with the release",
    "persistence.imageChartStorage": setting("storage"),
    "persistence.persistentVolumeClaim.registry": setting("storage"),

    // What others find by its name or version.
    "core.configureUserSettings":
        "it locks every setting, read-only for a backup too (harbor#8076): change settings through the API",
    nameOverride: "the program and its commands find Harbor's objects by their names",
    fullnameOverride: "the program and its commands find Harbor's objects by their names",
    "core.image.tag": setting("harbor.version: core of another version changes the database's schema, one way"),
    "jobservice.image.tag": setting("harbor.version: it has to be that of core"),
    "database.internal.image.tag": setting("harbor.version: another PostgreSQL cannot read the volume"),
};

/** Keys that the chart of that version does not have, and keys that are the program's own. */
export function checkRawValues(settings: Settings): string[] {
    const { values, version } = settings.harbor;
    if (Object.keys(values).length === 0) return [];
    const forbidden = Object.entries(forbiddenValues).filter(([path]) => at(values, ...path.split(".")) !== undefined);
    const isBelow = (path: string): boolean => forbidden.some(([top]) => path === top || path.startsWith(`${top}.`));
    return [
        ...forbidden.map(([path, why]) => `harbor.values.${path} is not for raw values: ${why}`),
        ...hidden(values),
        ...checkAuthorities(settings),
        ...checkMigration(settings),
        ...unknownChartValues(values, version)
            .filter(({ path }) => !isBelow(path.join(".")))
            .map((value) => `harbor.values.${value.path.join(".")} ${value.why}${advice(value, version)}`),
    ];
}

/** What is refused by its name above, under another name. */
function hidden(values: Settings["harbor"]["values"]): string[] {
    const variables = at(values, "core", "extraEnvVars");
    const overwrites = Array.isArray(variables) && variables.some((entry) => at(entry, "name") === overwrite);
    return [
        ...(overwrites
            ? [`harbor.values.core.extraEnvVars has ${overwrite}, which is not for raw values: it locks every setting`]
            : []),
        ...["httpProxy", "httpsProxy"]
            .filter((key) => /\/\/[^/@]*:[^/@]*@/.test(String(at(values, "proxy", key))))
            .map(
                (key) =>
                    `harbor.values.proxy.${key} has a password in it, which the chart writes in clear: use a proxy that asks for none`,
            ),
    ];
}

/** The chart has one place for the CA that components trust, and one for the CA that the portal offers. */
function checkAuthorities({ harbor: { values }, database, storage, tls }: Settings): string[] {
    const storageCa = "caSecret" in storage ? storage.caSecret : undefined;
    return [
        ...(values["caBundleSecretName"] !== undefined && storageCa !== undefined
            ? [
                  `harbor.values.caBundleSecretName takes the place of storage.caSecret, which is "${storageCa}": put both CAs into that Secret's ca.crt`,
              ]
            : []),
        ...(values["caBundleSecretName"] !== undefined && database.kind === "external" && database.ca !== undefined
            ? [
                  "harbor.values.caBundleSecretName takes the place of database.ca: put all CAs into database.ca, " +
                      "one after the other, and leave the raw value out",
              ]
            : []),
        ...(values["caSecretName"] !== undefined && tls.kind === "self-signed"
            ? [
                  'harbor.values.caSecretName is not for raw values with tls.kind "self-signed": the stack\'s own CA is named here',
              ]
            : []),
    ];
}

/** A Job that cannot reach its database stops every update, and a rollback too. */
function checkMigration(settings: Settings): string[] {
    const why = settings.harbor.values[hookKey] === true ? whyNoJob(settings) : undefined;
    return why === undefined ? [] : [`harbor.values.${hookKey} is true, but ${why}: leave it out`];
}

/** What core.configureUserSettings becomes. */
const overwrite = "CONFIG_OVERWRITE_JSON";

function at(value: unknown, ...keys: readonly string[]): unknown {
    return keys.reduce<unknown>(
        (here, key) => (typeof here === "object" && here !== null ? (here as Record<string, unknown>)[key] : undefined),
        value,
    );
}

/** The key beside it that was most likely meant, or a place that has this very key, or all keys beside it. */
function advice({ path, known }: UnknownChartValue, version: string): string {
    if (known.length === 0) return `, but harbor.version is "${version}": set a newer version, or leave it out`;
    const key = path.at(-1) ?? "";
    if (key.includes(".")) return "; write a map for each dot";
    const close = nearest(key, known);
    if (close !== undefined && close !== key)
        return `; did you mean harbor.values.${[...path.slice(0, -1), close].join(".")}?`;
    const elsewhere = placesOf(key, chartKeys()).slice(0, 3);
    return known.includes(key) || elsewhere.length === 0
        ? `; keys there are: ${known.join(", ")}`
        : `; there is ${elsewhere.map((place) => `harbor.values.${place}`).join(", ")}`;
}

function placesOf(key: string, keys: ChartKeys): string[] {
    if (typeof keys !== "object") return [];
    return [...keys].flatMap(([name, below]) => [
        ...(name === key ? [name] : []),
        ...placesOf(key, below).map((place) => `${name}.${place}`),
    ]);
}
