import { Command } from "@pulumi/command/local/command";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace";
import { Provider } from "@pulumi/kubernetes/provider";
import * as pulumi from "@pulumi/pulumi";
import { kindNodeImage } from "../config/catalogue";
import type { Settings } from "../config/schema";
import type { LabEndpoints } from "../lib/home";
import { kindConfiguration } from "./cluster-values";

export interface ClusterArgs {
    readonly cluster: Settings["cluster"];
    /** Where the stack is on one. */
    readonly lab?: LabEndpoints;
    /** Namespace of the registry, made here. */
    readonly namespace: string;
}

/**
 * The cluster that the registry runs on: the lab, a KinD cluster that is made and destroyed with the stack, or
 * one that exists. Gives the provider that every other component works with.
 */
export class Cluster extends pulumi.ComponentResource {
    readonly provider: Provider;
    readonly namespace: Namespace;
    /** Context in the kubeconfig. */
    readonly context: string;

    constructor(name: string, args: ClusterArgs, opts?: pulumi.ComponentResourceOptions) {
        super("anchorage:components:Cluster", name, {}, opts);
        const access = this.access(name, args);
        this.context = access.context;
        this.provider = new Provider(`${name}-provider`, access.provider, { parent: this });
        this.namespace = new Namespace(
            `${name}-namespace`,
            { metadata: { name: args.namespace } },
            { parent: this, provider: this.provider },
        );
        this.registerOutputs({ namespace: this.namespace.metadata.name });
    }

    private access(name: string, { cluster, lab }: ClusterArgs): { context: string; provider: pulumi.Inputs } {
        switch (cluster.kind) {
            case "lab": {
                if (!lab) throw new Error("the stack is on a lab, and its endpoints were not given");
                return { context: lab.context, provider: { kubeconfig: lab.kubeconfig, context: lab.context } };
            }
            case "kubeconfig": {
                const { path, context } = cluster;
                return { context: context ?? "", provider: { kubeconfig: path, context } };
            }
            case "kind": {
                const context = `kind-${cluster.name}`;
                const main = this.kindCluster(`${name}-kind`, cluster.name, cluster.workers, cluster.image);
                for (const extra of cluster.extraClusters)
                    this.kindCluster(`${name}-kind-${extra}`, extra, 0, cluster.image);
                return { context, provider: { kubeconfig: pulumi.secret(main.stdout), context } };
            }
        }
    }

    /** Its standard output is the kubeconfig, which holds a client key. */
    private kindCluster(name: string, cluster: string, workers: number, image = kindNodeImage): Command {
        return new Command(
            name,
            {
                // An existing cluster of that name is taken as it is, so that an interrupted update can go on.
                create: `kind get clusters | grep -qx '${cluster}' || kind create cluster --name '${cluster}' --config - --wait 120s >&2; kind get kubeconfig --name '${cluster}'`,
                update: `kind get kubeconfig --name '${cluster}'`,
                delete: `kind delete cluster --name '${cluster}'`,
                stdin: kindConfiguration(workers, image),
                logging: "stderr", // not its standard output, which is the kubeconfig
            },
            {
                parent: this,
                additionalSecretOutputs: ["stdout"],
                // The nodes of a KinD cluster cannot be changed.
                replaceOnChanges: ["stdin"],
                deleteBeforeReplace: true,
            },
        );
    }
}
