import { Namespace } from "@pulumi/kubernetes/core/v1/namespace";
import { Release } from "@pulumi/kubernetes/helm/v3/release";
import * as pulumi from "@pulumi/pulumi";
import { operatorCharts } from "../config/catalogue";
import { neededOperators } from "../config/needed-operators";
import type { Settings } from "../config/schema";
import type { OperatorId } from "../config/schema/operators";
import { chartSource } from "./chart-source";
import { operatorValues } from "./operators-values";

export interface OperatorsArgs {
    readonly settings: Settings;
    /** Folder of the contract charts, where charts.source is that; default: the project's own. */
    readonly contractCharts?: string | undefined;
}

/** Seconds until a release that does not get ready is given up: images have to be pulled. */
const timeout = 600;

/**
 * The operators and controllers that the settings need and the cluster does not have, each in a namespace of its own.
 * Helm installs their CRDs before all else, so that whoever depends on a release can make objects of its kinds.
 */
export class Operators extends pulumi.ComponentResource {
    private readonly releases = new Map<OperatorId, Release>();

    constructor(
        private readonly name: string,
        private readonly args: OperatorsArgs,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super("anchorage:components:Operators", name, {}, opts);
        const { settings } = args;
        const wanted = neededOperators(settings).filter((id) => !settings.operators[id].installed);
        for (const id of wanted.filter((one) => one !== "cert-manager" && one !== "velero")) this.install(id, []);
        // cert-manager looks for the Gateway's CRDs once, when it starts.
        if (wanted.includes("cert-manager")) this.install("cert-manager", this.ready("envoy-gateway"));
        // Velero looks for all CRDs when it starts, and then every five minutes: one that comes while it does spoils backups.
        if (wanted.includes("velero")) this.install("velero", [...this.releases.values()]);
        this.registerOutputs({});
    }

    /** What objects of that operator's kinds depend on: nothing where the cluster has the operator already. */
    ready(id: OperatorId): readonly pulumi.Resource[] {
        const release = this.releases.get(id);
        return release === undefined ? [] : [release];
    }

    private install(id: OperatorId, dependsOn: readonly pulumi.Resource[]): void {
        const { settings, contractCharts } = this.args;
        const pinned = operatorCharts[id];
        const chart = { ...pinned, version: settings.operators[id].version ?? pinned.version };
        const namespace = new Namespace(
            `${this.name}-${id}-namespace`,
            { metadata: { name: chart.namespace } },
            { parent: this },
        );
        const release = new Release(
            `${this.name}-${id}`,
            {
                name: id,
                namespace: namespace.metadata.name,
                ...chartSource({ chart, charts: settings.charts, contractCharts }),
                values: operatorValues(id, settings),
                timeout,
                atomic: false,
            },
            { parent: this, dependsOn: [...dependsOn] },
        );
        this.releases.set(id, release);
    }
}
