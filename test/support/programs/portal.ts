import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Portal } from "../../../components/portal";

/** The contract chart for Harbor, and a portal of one's own look. */
const config = new pulumi.Config();
const provider = new k8s.Provider("lab", { kubeconfig: config.require("kubeconfig") });
const space = new k8s.core.v1.Namespace("space", { metadata: { name: config.require("namespace") } }, { provider });
const namespace = space.metadata.name;
const release = new k8s.helm.v3.Release(
    "harbor",
    {
        name: "harbor",
        chart: config.require("chart"),
        namespace,
        values: {
            expose: { type: "clusterIP", tls: { enabled: false } },
            portal: { replicas: 1, podAnnotations: { round: config.require("round") } },
        },
    },
    { provider },
);

const name = config.get("portalName");
if (name !== undefined) {
    new Portal(
        "portal",
        { portal: { name, logo: config.require("logo") }, namespace, release: release.name },
        { providers: { kubernetes: provider } },
    );
}
