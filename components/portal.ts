import { DeploymentPatch } from "@pulumi/kubernetes/apps/v1/deploymentPatch";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap";
import * as pulumi from "@pulumi/pulumi";
import { readPortalFiles } from "../config/portal-files";
import type { Settings } from "../config/schema";
import { lookPatch, portalLook } from "./portal-values";

export interface PortalArgs {
    readonly portal: Settings["portal"];
    /** Namespace of the registry. */
    readonly namespace: pulumi.Input<string>;
    /** Name of Harbor's release; as its output, so that the patch comes after it. */
    readonly release: pulumi.Input<string>;
    /** Secret with the certificate of the portal's own server, where Harbor's components talk over TLS. */
    readonly certificate?: string | undefined;
}

/**
 * The portal's name, logo and favicon. The chart can mount nothing into the portal (harbor-helm#418, #1582, #2373), so its
 * Deployment is patched by server-side apply after the release: helm merges, and leaves fields of others alone.
 */
export class Portal extends pulumi.ComponentResource {
    constructor(
        name: string,
        { portal, namespace, release, certificate }: PortalArgs,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super("anchorage:components:Portal", name, {}, opts);
        const look = portalLook(portal, readPortalFiles(portal).files);
        const files = new ConfigMap(
            `${name}-look`,
            {
                metadata: { name: look.configMap, namespace },
                data: look.data,
                binaryData: look.binaryData,
                immutable: true,
            },
            { parent: this },
        );
        new DeploymentPatch(
            `${name}-mounts`,
            {
                metadata: { name: pulumi.interpolate`${release}-portal`, namespace },
                spec: lookPatch(look, certificate),
            },
            { parent: this, dependsOn: files },
        );
        this.registerOutputs({});
    }
}
