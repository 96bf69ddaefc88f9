import * as pulumi from "@pulumi/pulumi";
import { findHarborRelease } from "../config/catalogue";
import type {
    AdminOutput,
    BackupOutput,
    ClusterOutput,
    DatabaseOutput,
    ExposureOutput,
    ReleaseOutput,
    SecretOutput,
    StorageOutput,
} from "../config/contract";
import type { Settings } from "../config/schema";
import { operatorIds } from "../config/schema/operators";
import { warningsOf } from "../config/warnings";
import type { LabEndpoints } from "../lib/home";
import { checksumOf } from "./checksum";
import { Cluster } from "./cluster";
import { Cache } from "./cache";
import { Certificates } from "./certificates";
import type { ChartValues, HarborPart } from "./chart-values";
import { Database } from "./database";
import { databaseOutput } from "./database/database-output";
import { Exposure } from "./exposure";
import { Backup } from "./backup";
import { redisValues } from "./backup/velero-values";
import { Harbor } from "./harbor";
import { harborValues } from "./harbor-values";
import { names, secretKeys } from "./names";
import { Operators } from "./operators";
import { internalSecret } from "./certificates/internal-values";
import { Portal } from "./portal";
import { hasLook } from "./portal-values";
import { Secrets } from "./secrets";
import { Storage } from "./storage";

export interface RegistryArgs {
    readonly settings: Settings;
    /** Where the stack is on one. */
    readonly lab?: LabEndpoints;
}

/** The whole registry. Wires the other components, and makes no resource of its own. */
export class Registry extends pulumi.ComponentResource {
    readonly registryUrl: pulumi.Output<string>;
    readonly namespace: pulumi.Output<string>;
    readonly release: pulumi.Output<ReleaseOutput>;
    readonly admin: AdminOutput;
    readonly exposure: ExposureOutput;
    readonly cluster: ClusterOutput;
    readonly database: DatabaseOutput;
    readonly storage: StorageOutput;
    readonly encryptionKey: SecretOutput;
    /** Undefined of a stack without backup. */
    readonly backup: BackupOutput | undefined;

    constructor(name: string, { settings, lab }: RegistryArgs, opts?: pulumi.ComponentResourceOptions) {
        super("anchorage:components:Registry", name, {}, opts);
        const cluster = new Cluster(
            `${name}-cluster`,
            { cluster: settings.cluster, lab, namespace: settings.namespace },
            { parent: this },
        );
        const inCluster = { parent: this, providers: { kubernetes: cluster.provider } };
        const namespace = cluster.namespace.metadata.name;
        const secrets = new Secrets(
            `${name}-secrets`,
            { namespace, encryptionKey: settings.harbor.encryptionKey },
            inCluster,
        );
        for (const warning of warningsOf(settings)) void pulumi.log.warn(warning, this);
        const operators = new Operators(`${name}-operators`, { settings, contractCharts: lab?.charts }, inCluster);
        const { storage: storageSettings, persistence } = settings;
        const database = new Database(
            `${name}-database`,
            { settings, namespace, operator: operatorOf(settings.database.kind, operators) },
            inCluster,
        );
        const cache = new Cache(
            `${name}-cache`,
            { settings, namespace, operator: operatorOf(settings.cache.kind, operators) },
            inCluster,
        );
        const storage = new Storage(
            `${name}-storage`,
            { storage: storageSettings, persistence, placement: settings.placement, namespace },
            inCluster,
        );
        const certificates = new Certificates(
            `${name}-certificates`,
            { settings, namespace, certManager: operators.ready("cert-manager") },
            inCluster,
        );
        const { public: certificate, pair } = certificates;
        const after = [certificates, ...controllerOf(settings.exposure, operators)];
        const exposure = new Exposure(`${name}-exposure`, { settings, namespace, certificate, pair, after }, inCluster);
        const parts: readonly HarborPart[] = [database, cache, storage, certificates, exposure];
        const version = requireRelease(settings.harbor.version);
        const harbor = new Harbor(
            `${name}-harbor`,
            {
                namespace,
                charts: settings.charts,
                contractCharts: lab?.charts,
                version,
                values: harborValues({
                    settings,
                    registryUrl: exposure.registryUrl,
                    parts: [...parts.map(({ values }) => values), redisOf(settings)],
                }),
                databasePassword: database.internalPassword,
                secretsChecksum: checksumOf([secrets.checksum, ...parts.flatMap((part) => part.secrets)]),
            },
            // The chart looks its Secrets up when it is rendered, so they come first.
            { ...inCluster, dependsOn: [secrets, ...parts.flatMap(({ ready }) => ready)] },
        );
        if (hasLook(settings.portal)) {
            new Portal(
                `${name}-portal`,
                {
                    portal: settings.portal,
                    namespace,
                    release: harbor.release.name,
                    certificate: settings.harbor.internalTls ? internalSecret("portal") : undefined,
                },
                inCluster,
            );
        }

        if (settings.backup.kind === "velero") {
            const { backup } = settings;
            const velero = operators.ready("velero");
            this.backup = new Backup(`${name}-backup`, { settings, backup, velero }, inCluster).output;
        }

        this.registryUrl = pulumi.output(exposure.registryUrl);
        this.namespace = namespace;
        this.release = harbor.release.name.apply((release) => ({
            name: release,
            harborVersion: version.harbor,
            chartVersion: version.chart,
            scanning: settings.harbor.trivy,
            metrics: settings.harbor.metrics,
        }));
        this.admin = { user: "admin", secretName: names.adminSecret, secretKey: secretKeys.admin };
        this.exposure = exposure.output;
        this.cluster = clusterOutput(settings.cluster, cluster.context, lab);
        this.database = databaseOutput(settings);
        this.storage = storage.output;
        this.encryptionKey = { secretName: names.encryptionKeySecret, secretKey: secretKeys.encryption };
        this.registerOutputs({ registryUrl: this.registryUrl, release: this.release });
    }
}

/** Harbor's own Redis is left out of backups; operators' and external ones have no values here. */
function redisOf({ backup, cache }: Settings): ChartValues {
    return backup.kind === "velero" && cache.kind === "internal" ? redisValues : {};
}

function clusterOutput(cluster: Settings["cluster"], context: string, lab: LabEndpoints | undefined): ClusterOutput {
    const kubeconfig =
        cluster.kind === "lab" ? lab?.kubeconfig : cluster.kind === "kubeconfig" ? cluster.path : undefined;
    return {
        kind: cluster.kind,
        name: cluster.kind === "kubeconfig" ? context : cluster.name,
        context,
        ...(kubeconfig === undefined ? {} : { kubeconfig }),
    };
}

/** What objects of the operator of that kind depend on; nothing where the kind has none. */
function operatorOf(kind: string, operators: Operators): readonly pulumi.Resource[] {
    const id = operatorIds.find((one) => one === kind);
    return id === undefined ? [] : operators.ready(id);
}

/** What objects of the controller of that exposure depend on; nothing where it has none. */
function controllerOf(exposure: Settings["exposure"], operators: Operators): readonly pulumi.Resource[] {
    return "controller" in exposure ? operators.ready(exposure.controller) : [];
}

/** The schema lets only versions of the catalogue through. */
function requireRelease(version: string): NonNullable<ReturnType<typeof findHarborRelease>> {
    const release = findHarborRelease(version);
    if (!release) throw new Error(`Harbor ${version} is not in the catalogue`);
    return release;
}
