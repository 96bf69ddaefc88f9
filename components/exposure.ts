import * as pulumi from "@pulumi/pulumi";
import type { ExposureOutput } from "../config/contract";
import type { Settings } from "../config/schema";
import type { ChartValues, HarborPart } from "./chart-values";
import { exposureOf } from "./exposure-values";

export interface ExposureArgs {
    readonly exposure: Settings["exposure"];
    readonly tls: Settings["tls"];
    /** What clients type, where it is not what the exposure gives. */
    readonly externalUrl: string | undefined;
    /** Namespace of the registry. */
    readonly namespace: pulumi.Input<string>;
}

/** How clients reach the registry: the chart's own Service or Ingress, a Gateway, or a load balancer in front. */
export class Exposure extends pulumi.ComponentResource implements HarborPart {
    readonly values: ChartValues;
    readonly ready: readonly pulumi.Resource[] = [this];
    readonly secrets: readonly pulumi.Output<string>[] = [];
    /** What clients type. */
    readonly registryUrl: string;
    readonly output: ExposureOutput;

    constructor(name: string, { exposure, externalUrl }: ExposureArgs, opts?: pulumi.ComponentResourceOptions) {
        super("anchorage:components:Exposure", name, {}, opts);
        const { registryUrl, values, output } = exposureOf(exposure, externalUrl);
        this.registryUrl = registryUrl;
        this.values = { expose: values };
        this.output = output;
        this.registerOutputs({});
    }
}
