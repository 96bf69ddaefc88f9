import * as pulumi from "@pulumi/pulumi";
import type { ExposureOutput } from "../config/contract";
import { controllerPods } from "../config/controller-pods";
import type { Settings } from "../config/schema";
import type { PublicCertificate } from "./certificates-values";
import type { ChartValues, HarborPart } from "./chart-values";
import { checksumOf } from "./checksum";
import { makeObject, type CustomObject } from "./custom-object";
import { backendSecrets, exposureOf } from "./exposure-values";
import { Gateway } from "./exposure/gateway";
import { traefikObjects } from "./exposure/ingress-values";
import { hasProxy } from "./placement-values";

export interface ExposureArgs {
    readonly settings: Settings;
    /** Namespace of the registry. */
    readonly namespace: pulumi.Input<string>;
    readonly certificate: PublicCertificate;
    /** The certificate that clients see, where the program has it. */
    readonly pair: { readonly certificate: pulumi.Output<string>; readonly key: pulumi.Output<string> } | undefined;
    /** What the kinds of the controller come from, and the Secret with the certificate. */
    readonly after: readonly pulumi.Resource[];
}

/** How clients reach the registry: the chart's own Service or Ingress, a Gateway, or a load balancer in front. */
export class Exposure extends pulumi.ComponentResource implements HarborPart {
    readonly values: ChartValues;
    readonly ready: readonly pulumi.Resource[] = [this];
    readonly secrets: readonly pulumi.Output<string>[] = [];
    /** What clients type. */
    readonly registryUrl: string;
    readonly output: ExposureOutput;

    constructor(
        private readonly name: string,
        private readonly args: ExposureArgs,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super("anchorage:components:Exposure", name, {}, opts);
        const { settings, certificate } = args;
        const { registryUrl, values, output } = exposureOf({
            settings,
            certificateSecret: certificate.secret,
            caSecret: certificate.caSecret,
        });
        this.registryUrl = registryUrl;
        this.values = { ...values, ...this.restartedProxy() };
        this.output = output;
        this.entry();
        this.registerOutputs({});
    }

    /** What stands before the chart's objects. */
    private entry(): void {
        const { settings, namespace, certificate, after } = this.args;
        const { exposure } = settings;
        const specs = {
            namespace: settings.namespace,
            certificateSecret: certificate.secret,
            backendSecrets: backendSecrets(settings),
        };
        const proxy = { pods: controllerPods(settings), placement: settings.placement };
        switch (exposure.kind) {
            case "ingress":
                for (const object of traefikObjects({ ...specs, ingress: exposure })) this.make(object);
                break;
            case "route":
                new Gateway(
                    `${this.name}-gateway`,
                    { specs: { ...specs, ...proxy, route: exposure }, namespace, after },
                    { parent: this },
                );
                break;
            case "nodePort":
                this.haProxy();
                break;
            default:
        }
    }

    private make(object: CustomObject): void {
        const { namespace, after } = this.args;
        const name = `${this.name}-${object.kind.toLowerCase()}-${object.metadata.name}`;
        makeObject(name, object, namespace, { parent: this, dependsOn: [...after] });
    }

    private haProxy(): void {
        const { settings, pair } = this.args;
        if (this.output.kind !== "nodePort" || settings.exposure.kind !== "nodePort") return;
        const { certificate, install } = settings.exposure.haproxy;
        if (install === undefined) return;
        // oxlint-disable-next-line typescript/no-require-imports -- only this kind needs the package command
        const { HaProxy } = require("./exposure/haproxy") as typeof import("./exposure/haproxy");
        new HaProxy(
            `${this.name}-haproxy`,
            { install, configuration: this.output.configuration, certificateFile: certificate, pair },
            { parent: this },
        );
    }

    /** The chart's nginx reads its certificate when it starts. Others' new ones: see CertificateRestarts. */
    private restartedProxy(): ChartValues {
        const { settings, certificate, pair } = this.args;
        if (!hasProxy(settings.exposure) || certificate.secret === undefined || pair === undefined) return {};
        return { nginx: { podAnnotations: { "anchorage/certificate": checksumOf([pair.certificate]) } } };
    }
}
