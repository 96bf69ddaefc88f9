import * as pulumi from "@pulumi/pulumi";
import { makeObject } from "../custom-object";
import { internalObjects, type InternalComponent } from "./internal-values";

export interface InternalTlsArgs {
    readonly components: readonly InternalComponent[];
    /** Namespace of the registry. */
    readonly namespace: pulumi.Input<string>;
    /** What cert-manager's kinds come from. */
    readonly certManager: readonly pulumi.Resource[];
}

/** A CA of the namespace's own by cert-manager, and a certificate by it for each of Harbor's components. */
export class InternalTls extends pulumi.ComponentResource {
    constructor(
        name: string,
        { components, namespace, certManager }: InternalTlsArgs,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super("anchorage:components:InternalTls", name, {}, opts);
        const objects = internalObjects(components);
        const after = (...resources: readonly pulumi.Resource[]): pulumi.CustomResourceOptions => ({
            parent: this,
            dependsOn: [...resources],
        });
        const bootstrap = makeObject(`${name}-bootstrap`, objects.bootstrap, namespace, after(...certManager));
        const authority = makeObject(`${name}-ca`, objects.authority, namespace, after(bootstrap));
        const signer = makeObject(`${name}-signer`, objects.signer, namespace, after(authority));
        objects.certificates.forEach((certificate, index) =>
            makeObject(`${name}-${components[index] ?? ""}`, certificate, namespace, after(signer)),
        );
        this.registerOutputs({});
    }
}
