import { RandomPassword } from "@pulumi/random/randomPassword";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config/schema";
import type { ChartValues, HarborPart } from "./chart-values";
import { databaseValues } from "./database-values";

export interface DatabaseArgs {
    readonly database: Settings["database"];
    /** Namespace of the registry. */
    readonly namespace: pulumi.Input<string>;
    /** Pods that hold connections: those of core and of the exporter. */
    readonly clients: number;
}

/** Harbor's PostgreSQL: the chart's own, a cluster of an operator, or a server that exists. */
export class Database extends pulumi.ComponentResource implements HarborPart {
    readonly values: ChartValues;
    readonly ready: readonly pulumi.Resource[] = [this];
    readonly secrets: readonly pulumi.Output<string>[] = [];
    /** Of the chart's own database, which takes it as a value only; undefined for every other. */
    readonly internalPassword: pulumi.Output<string> | undefined;

    constructor(name: string, { database }: DatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
        super("anchorage:components:Database", name, {}, opts);
        this.values = databaseValues(database);
        if (database.kind === "internal")
            this.internalPassword = new RandomPassword(
                `${name}-password`,
                { length: 32, special: false },
                { parent: this },
            ).result;
        this.registerOutputs({});
    }
}
