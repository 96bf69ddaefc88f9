import * as pulumi from "@pulumi/pulumi";
import { makeObject, type CustomObject } from "../custom-object";
import {
    backendTlsPolicies,
    backendTrafficPolicy,
    clientTrafficPolicy,
    envoyProxy,
    gateway,
    gatewayClass,
    redirectRoute,
    type GatewaySpecs,
} from "./gateway-values";

export interface GatewayArgs {
    readonly specs: GatewaySpecs;
    /** Namespace of the registry. */
    readonly namespace: pulumi.Input<string>;
    /** What the kinds of the Gateway API come from, and the Secret with the certificate. */
    readonly after: readonly pulumi.Resource[];
}

/** A Gateway of the registry's own, ready when it has an address; and what the chart's route lacks. */
export class Gateway extends pulumi.ComponentResource {
    constructor(
        private readonly name: string,
        private readonly args: GatewayArgs,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super("anchorage:components:Gateway", name, {}, opts);
        const { specs } = args;
        const after = [...args.after, ...this.ownClass(), ...this.ownProxy()];
        this.make("gateway", gateway(specs), after);
        if (specs.certificateSecret !== undefined) this.make("redirect", redirectRoute(specs), after);
        if (specs.route.controller === "envoy-gateway") {
            this.make("client-traffic", clientTrafficPolicy(), after);
            this.make("backend-traffic", backendTrafficPolicy(specs), after);
        }
        for (const policy of backendTlsPolicies(specs)) this.make(`tls-${policy.metadata.name}`, policy, after);
        this.registerOutputs({});
    }

    private ownClass(): pulumi.Resource[] {
        const { specs, after } = this.args;
        const ownClass = gatewayClass(specs);
        if (ownClass === undefined) return [];
        return [makeObject(`${this.name}-class`, ownClass, undefined, { parent: this, dependsOn: [...after] })];
    }

    private ownProxy(): pulumi.Resource[] {
        const proxy = envoyProxy(this.args.specs);
        return proxy === undefined ? [] : [this.make("envoy", proxy, this.args.after)];
    }

    private make(what: string, object: CustomObject, after: readonly pulumi.Resource[]): pulumi.Resource {
        return makeObject(`${this.name}-${what}`, object, this.args.namespace, { parent: this, dependsOn: [...after] });
    }
}
