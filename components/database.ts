import { Job } from "@pulumi/kubernetes/batch/v1/job";
import { Secret } from "@pulumi/kubernetes/core/v1/secret";
import * as pulumi from "@pulumi/pulumi";
import { requirePem } from "../config/certificate-files";
import type { Settings } from "../config/schema";
import type { ChartValues, HarborPart } from "./chart-values";
import { checksumOf } from "./checksum";
import { makeObject, waitFor } from "./custom-object";
import { databaseSecret, databaseValues } from "./database-values";
import type { DatabaseCluster } from "./database/clusters";
import { databaseCluster } from "./database/clusters";
import { setUpSpec, type ExternalDatabase } from "./database/set-up";
import { names, secretKeys } from "./names";
import { madePassword } from "./password";

export interface DatabaseArgs {
    readonly settings: Settings;
    /** Namespace of the registry. */
    readonly namespace: pulumi.Input<string>;
    /** What a cluster of the database's operator depends on; empty where the cluster has that already. */
    readonly operator: readonly pulumi.Resource[];
}

/** Seconds until a cluster that takes no connections is given up: images have to be pulled, volumes made. */
const timeout = 900;

/** Harbor's PostgreSQL: the chart's own, a cluster of an operator, or a server that exists. */
export class Database extends pulumi.ComponentResource implements HarborPart {
    readonly values: ChartValues;
    readonly ready: readonly pulumi.Resource[] = [this];
    /** Passwords that the program knows; a cluster's operator keeps its own. */
    readonly secrets: pulumi.Output<string>[] = [];
    /** Of the chart's own database, which takes it as a value only; undefined for every other. */
    readonly internalPassword: pulumi.Output<string> | undefined;

    constructor(
        private readonly name: string,
        private readonly args: DatabaseArgs,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super("anchorage:components:Database", name, {}, opts);
        const { database, placement } = args.settings;
        this.values = databaseValues(args.settings);
        const cluster = databaseCluster(database, placement);
        if (cluster !== undefined) this.cluster(cluster);
        if (database.kind === "internal") this.internalPassword = this.password();
        if (database.kind === "external") this.external(database);
        this.registerOutputs({});
    }

    /** Harbor's release waits for it, so it starts against a database that is there. */
    private cluster({ apiVersion, kind, name, spec, readyWhen }: DatabaseCluster): void {
        makeObject(
            `${this.name}-cluster`,
            { apiVersion, kind, metadata: { name, annotations: waitFor(readyWhen, timeout) }, spec },
            this.args.namespace,
            { parent: this, dependsOn: [...this.args.operator] },
        );
    }

    private external(database: ExternalDatabase): void {
        const { create, existingSecret, ca } = database;
        const authority = ca === undefined ? [] : [this.authority(requirePem("database.ca", ca))];
        const credentials =
            existingSecret === undefined
                ? [this.secret("credentials", names.databaseCredentials, this.ownerPassword(database))]
                : [];
        if (create === undefined) return;
        const administrator =
            create.password === undefined
                ? []
                : [this.secret("admin", names.databaseAdmin, pulumi.secret(create.password))];
        new Job(
            `${this.name}-set-up`,
            {
                metadata: { name: names.databaseSetUp, namespace: this.args.namespace },
                spec: setUpSpec({
                    database: { ...database, create },
                    placement: this.args.settings.placement,
                    ownerSecret: databaseSecret(database),
                    checksum: checksumOf(this.secrets),
                }),
            },
            // The name is its own, so a Job that has to run again takes the place of the one before.
            { parent: this, deleteBeforeReplace: true, dependsOn: [...authority, ...credentials, ...administrator] },
        );
    }

    /** No secret, but the chart takes it by a Secret's name; another one restarts Harbor's pods, which copy it at their start. */
    private authority(pem: string): Secret {
        this.secrets.push(pulumi.output(pem));
        return new Secret(
            `${this.name}-ca`,
            {
                metadata: { name: names.databaseCa, namespace: this.args.namespace },
                stringData: { "ca.crt": pem },
            },
            { parent: this },
        );
    }

    /** As it was given, or made; a rotation restarts Harbor's pods, after the Job has told the server. */
    private ownerPassword({ password }: ExternalDatabase): pulumi.Output<string> {
        const own = password === undefined ? this.password() : pulumi.secret(password);
        this.secrets.push(own);
        return own;
    }

    private password(): pulumi.Output<string> {
        return madePassword(`${this.name}-password`, this);
    }

    private secret(what: string, name: string, password: pulumi.Output<string>): Secret {
        return new Secret(
            `${this.name}-${what}`,
            { metadata: { name, namespace: this.args.namespace }, stringData: { [secretKeys.database]: password } },
            { parent: this },
        );
    }
}
