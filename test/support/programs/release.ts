import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** A release of a chart in a folder, into a namespace of its own. */
const config = new pulumi.Config();
const provider = new k8s.Provider("lab", {
    kubeconfig: config.require("kubeconfig"),
    enableConfigMapMutable: true,
    enableSecretMutable: true,
});
const namespace = new k8s.core.v1.Namespace("space", { metadata: { name: config.require("namespace") } }, { provider });
const values: Record<string, unknown> = {
    replicas: config.requireNumber("replicas"),
    token: pulumi.secret("chart-secret"),
    os: config.get("os") ?? "linux",
};
const release = new k8s.helm.v3.Release(
    "web",
    {
        name: "web",
        chart: config.require("chart"),
        namespace: namespace.metadata.name,
        values,
        timeout: config.getNumber("timeout") ?? 60,
    },
    { provider },
);

export const status = release.status.status;
export const revision = release.status.revision;
export const resourceNames = release.resourceNames;
