import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** A Deployment, and a patch of it where the setting `mount` names a folder. For tests of the kind of patches. */
const config = new pulumi.Config();
const provider = new k8s.Provider("lab", { kubeconfig: config.require("kubeconfig") });
const space = new k8s.core.v1.Namespace("space", { metadata: { name: config.require("namespace") } }, { provider });
const metadata = { namespace: space.metadata.name, name: "web" };
const labels = { app: "web" };
const web = new k8s.apps.v1.Deployment(
    "web",
    {
        metadata,
        spec: {
            replicas: 1,
            selector: { matchLabels: labels },
            template: {
                metadata: { labels },
                spec: { containers: [{ name: "web", image: "registry.example/web:1" }] },
            },
        },
    },
    { provider },
);

const mount = config.get("mount");
const target = config.get("target");
if (mount !== undefined) {
    new k8s.apps.v1.DeploymentPatch(
        "look",
        {
            metadata: { namespace: metadata.namespace, name: target ?? web.metadata.name },
            spec: {
                template: {
                    spec: {
                        containers: [
                            {
                                name: "web",
                                volumeMounts: [{ name: "look", mountPath: mount }],
                                ...(config.get("image") === undefined ? {} : { image: config.require("image") }),
                            },
                        ],
                        volumes: [{ name: "look", emptyDir: {} }],
                    },
                },
            },
        },
        { provider },
    );
}
