import { Command } from "@pulumi/command/remote/command";
import * as pulumi from "@pulumi/pulumi";
import { installCertificate, installConfiguration, removeCertificate, removeConfiguration } from "./haproxy-install";
import type { HaProxySettings } from "./haproxy-values";

export interface HaProxyArgs {
    readonly install: NonNullable<HaProxySettings["haproxy"]["install"]>;
    /** The whole haproxy.cfg. */
    readonly configuration: string;
    /** The file that the configuration names. */
    readonly certificateFile: string;
    /** What comes into that file; undefined: it is there already, or TLS goes through. */
    readonly pair: { readonly certificate: pulumi.Output<string>; readonly key: pulumi.Output<string> } | undefined;
}

/** HAProxy on a host outside of the cluster, reached by SSH: its configuration, and its certificate where we have it. */
export class HaProxy extends pulumi.ComponentResource {
    constructor(
        name: string,
        { install, configuration, certificateFile, pair }: HaProxyArgs,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super("anchorage:components:HaProxy", name, {}, opts);
        const { host, user, port, privateKey } = install;
        const connection = pulumi.secret({ host, user, port, ...(privateKey === undefined ? {} : { privateKey }) });
        // Without a certificate HAProxy would not take the configuration.
        const certificate =
            pair &&
            new Command(
                `${name}-certificate`,
                {
                    connection,
                    create: installCertificate(certificateFile),
                    delete: removeCertificate(certificateFile),
                    stdin: pulumi.secret(pulumi.interpolate`${pair.certificate}${pair.key}`),
                },
                { parent: this },
            );
        new Command(
            `${name}-configuration`,
            {
                connection,
                create: installConfiguration,
                delete: removeConfiguration,
                stdin: configuration,
            },
            { parent: this, dependsOn: certificate === undefined ? [] : [certificate] },
        );
        this.registerOutputs({});
    }
}
