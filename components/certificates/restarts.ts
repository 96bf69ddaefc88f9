import { CronJob } from "@pulumi/kubernetes/batch/v1/cronJob";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount";
import { Role } from "@pulumi/kubernetes/rbac/v1/role";
import { RoleBinding } from "@pulumi/kubernetes/rbac/v1/roleBinding";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../config/schema";
import { names } from "../names";
import { restartJob, restartRules, type Reader } from "./restart-values";

export interface CertificateRestartsArgs {
    readonly settings: Settings;
    readonly readers: readonly Reader[];
    /** Namespace of the registry. */
    readonly namespace: pulumi.Input<string>;
}

/**
 * Restarts the pods that read a certificate when they start, on the day after it was renewed. cert-manager renews
 * Secrets and restarts nothing (harbor-helm#1232), and the program does not run on that day.
 */
export class CertificateRestarts extends pulumi.ComponentResource {
    constructor(
        name: string,
        { settings, readers, namespace }: CertificateRestartsArgs,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super("anchorage:components:CertificateRestarts", name, {}, opts);
        const inside = { parent: this };
        const metadata = { name: names.certificateRestarts, namespace };
        const account = new ServiceAccount(`${name}-account`, { metadata }, inside);
        const role = new Role(`${name}-role`, { metadata, rules: restartRules(readers) }, inside);
        const binding = new RoleBinding(
            `${name}-binding`,
            {
                metadata,
                roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
                subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace }],
            },
            inside,
        );
        new CronJob(
            `${name}-job`,
            { metadata, spec: restartJob(readers, settings) },
            { ...inside, dependsOn: [binding] },
        );
        this.registerOutputs({});
    }
}
