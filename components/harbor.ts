import { Release } from "@pulumi/kubernetes/helm/v3/release";
import * as pulumi from "@pulumi/pulumi";
import { harborChart, type HarborRelease } from "../config/catalogue";
import { contractChart } from "../config/contract-chart";
import type { Settings } from "../config/schema";
import { chartSource, type ChartSource } from "./chart-source";
import type { ChartValues } from "./chart-values";
import { names } from "./names";

export interface HarborArgs {
    readonly namespace: pulumi.Input<string>;
    readonly charts: Settings["charts"];
    /** Folder of a lab's contract charts; absent: not in a lab. */
    readonly contractCharts?: string | undefined;
    readonly version: HarborRelease;
    readonly values: ChartValues;
    /** Password of the chart's own database, where it is that. */
    readonly databasePassword: pulumi.Input<string> | undefined;
    /** Changes when a secret does; restarts the pods that read it. */
    readonly secretsChecksum: pulumi.Input<string>;
}

/** Seconds until a release that does not get ready is given up: images have to be pulled. */
const timeout = 900;

/** Components whose pods read the secrets; the exporter is one where it is there. */
const readers = ["core", "jobservice", "registry", "exporter"] as const;

/** Harbor itself: the chart as a Helm release, so that its hooks run and its ConfigMaps stay out of the state. */
export class Harbor extends pulumi.ComponentResource {
    readonly release: Release;

    constructor(name: string, args: HarborArgs, opts?: pulumi.ComponentResourceOptions) {
        super("anchorage:components:Harbor", name, {}, opts);
        this.release = new Release(
            `${name}-release`,
            {
                name: names.release,
                namespace: args.namespace,
                ...chartOf(args),
                values: withSecrets(args),
                timeout,
                // A failed first install leaves its pods to be looked at; the next up goes on.
                atomic: false,
            },
            { parent: this },
        );
        this.registerOutputs({ release: this.release.name });
    }
}

/** The database's password is the one secret that the chart takes as a value only (database.internal.password). */
function withSecrets({ values, databasePassword, secretsChecksum }: HarborArgs): pulumi.Inputs {
    const own: Record<string, unknown> = { ...values };
    for (const reader of readers) {
        const component = values[reader] as ChartValues | undefined;
        const annotations = component?.["podAnnotations"] as ChartValues | undefined;
        own[reader] = { ...component, podAnnotations: { ...annotations, "anchorage/secrets": secretsChecksum } };
    }
    const database = values["database"] as ChartValues;
    if (databasePassword !== undefined) {
        own["database"] = {
            ...database,
            internal: { ...(database["internal"] as object), password: databasePassword },
        };
    }
    return own;
}

/**
 * The one chart whose repository may be another than the official one. The contract chart of the newest version is the
 * project's own; a lab makes the older ones out of it.
 */
function chartOf({ charts, contractCharts, version: { harbor, chart } }: HarborArgs): ChartSource {
    const repository = (charts.source === "repository" ? charts.location : undefined) ?? harborChart.repository;
    const older = charts.source === "contract" ? contractChart(harbor) : undefined;
    return chartSource({
        chart: { chart: harborChart.name, folder: older?.folder ?? harborChart.name, repository, version: chart },
        charts,
        contractCharts: older === undefined ? undefined : contractCharts,
    });
}
