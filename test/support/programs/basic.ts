import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

/** A namespace with a ConfigMap, a password in a Secret, and a component around them. */
const config = new pulumi.Config();
const provider = new k8s.Provider("lab", { kubeconfig: config.require("kubeconfig") });

class Group extends pulumi.ComponentResource {
    readonly mapName: pulumi.Output<string>;
    constructor(name: string, args: { color: string }, options: pulumi.ComponentResourceOptions) {
        super("test:index:Group", name, {}, options);
        const namespace = new k8s.core.v1.Namespace(
            `${name}-space`,
            { metadata: { name: config.require("namespace") } },
            { parent: this },
        );
        const map = new k8s.core.v1.ConfigMap(
            `${name}-map`,
            { metadata: { namespace: namespace.metadata.name }, data: { color: args.color, shape: "round" } },
            { parent: this },
        );
        const password = new random.RandomPassword(`${name}-password`, { length: 20 }, { parent: this });
        new k8s.core.v1.Secret(
            `${name}-secret`,
            {
                metadata: { name: "login", namespace: namespace.metadata.name },
                stringData: { password: password.result },
            },
            { parent: this },
        );
        this.mapName = map.metadata.name;
        this.registerOutputs({ mapName: this.mapName });
    }
}

const group = new Group("group", { color: config.require("color") }, { provider });

export const mapName = group.mapName;
export const hidden = pulumi.secret("hush");
