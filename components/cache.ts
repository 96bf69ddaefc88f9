import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config/schema";
import { cacheValues } from "./cache-values";
import type { ChartValues, HarborPart } from "./chart-values";

export interface CacheArgs {
    readonly cache: Settings["cache"];
    /** Namespace of the registry. */
    readonly namespace: pulumi.Input<string>;
}

/** Harbor's Redis: the chart's own, replication and Sentinel of an operator, or servers that exist. */
export class Cache extends pulumi.ComponentResource implements HarborPart {
    readonly values: ChartValues;
    readonly ready: readonly pulumi.Resource[] = [this];
    readonly secrets: readonly pulumi.Output<string>[] = [];

    constructor(name: string, { cache }: CacheArgs, opts?: pulumi.ComponentResourceOptions) {
        super("anchorage:components:Cache", name, {}, opts);
        this.values = cacheValues(cache);
        this.registerOutputs({});
    }
}
