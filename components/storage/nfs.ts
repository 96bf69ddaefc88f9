import { PersistentVolume } from "@pulumi/kubernetes/core/v1/persistentVolume";
import { PersistentVolumeClaim } from "@pulumi/kubernetes/core/v1/persistentVolumeClaim";
import * as pulumi from "@pulumi/pulumi";
import { claimSpec, nfsClaimName, volumeSpec, type NfsSettings } from "./nfs-values";

export interface NfsArgs {
    readonly settings: NfsSettings;
    /** Namespace of the registry. */
    readonly namespace: pulumi.Input<string>;
}

/** A folder of an NFS server as a volume, and the claim on it that all of Harbor's components share. */
export class Nfs extends pulumi.ComponentResource {
    constructor(name: string, { settings, namespace }: NfsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("anchorage:components:Nfs", name, {}, opts);
        const claim = nfsClaimName(settings);
        const volume = new PersistentVolume(
            `${name}-volume`,
            {
                // Volumes have no namespace of their own, and a cluster may hold several registries.
                metadata: { name: pulumi.interpolate`${namespace}-${claim}` },
                spec: volumeSpec(settings, namespace),
            },
            { parent: this },
        );
        new PersistentVolumeClaim(
            `${name}-claim`,
            { metadata: { name: claim, namespace }, spec: claimSpec(settings, volume.metadata.name) },
            { parent: this },
        );
        this.registerOutputs({});
    }
}
