import * as command from "@pulumi/command";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/**
 * The resources that the setting `objects` lists. For tests of what the engine does with objects that come,
 * change and go.
 */
export interface Wanted {
    readonly name: string;
    /** @default "map" */
    readonly kind?: "map" | "secret" | "deployment" | "service" | "definition" | "widget" | "command" | "job";
    /** metadata.name; one is made up where it is absent. */
    readonly as?: string;
    readonly data?: Record<string, string>;
    readonly annotations?: Record<string, string>;
    readonly after?: readonly string[];
    readonly options?: pulumi.CustomResourceOptions;
    /** Spec of a deployment's pods, in addition. */
    readonly pod?: object;
    /** Label by which a deployment selects: cannot be changed. */
    readonly app?: string;
    readonly create?: string;
}

/** A kind of our own, as an operator's chart would bring it. */
const definition = {
    metadata: { name: "widgets.test.anchorage.dev" },
    spec: {
        group: "test.anchorage.dev",
        scope: "Namespaced",
        names: { plural: "widgets", singular: "widget", kind: "Widget" },
        versions: [
            {
                name: "v1",
                served: true,
                storage: true,
                schema: {
                    openAPIV3Schema: {
                        type: "object",
                        properties: { spec: { type: "object", additionalProperties: { type: "string" } } },
                    },
                },
            },
        ],
    },
};

const config = new pulumi.Config();
const provider = new k8s.Provider("lab", {
    kubeconfig: config.require("kubeconfig"),
    enableConfigMapMutable: true,
    enableSecretMutable: true,
});
const space = new k8s.core.v1.Namespace("space", { metadata: { name: config.require("namespace") } }, { provider });
const namespace = space.metadata.name;
const made = new Map<string, pulumi.CustomResource>();

for (const wanted of config.requireObject<Wanted[]>("objects")) made.set(wanted.name, make(wanted));

function make({
    name,
    kind = "map",
    as,
    data = {},
    annotations,
    after = [],
    options,
    pod,
    app = "app",
    create,
}: Wanted) {
    const dependsOn = after.map((other) => made.get(other)).filter((other) => other !== undefined);
    const opts = { provider, dependsOn, ...options };
    const metadata = { namespace, ...(as ? { name: as } : {}), ...(annotations ? { annotations } : {}) };
    switch (kind) {
        case "map":
            return new k8s.core.v1.ConfigMap(name, { metadata, data }, opts);
        case "secret":
            return new k8s.core.v1.Secret(name, { metadata, stringData: data }, opts);
        case "deployment":
            return new k8s.apps.v1.Deployment(name, { metadata, spec: deploymentSpec(app, pod) }, opts);
        case "service":
            return new k8s.core.v1.Service(
                name,
                { metadata, spec: { selector: { app }, ports: [{ port: 80 }] } },
                opts,
            );
        case "job":
            return new k8s.batch.v1.Job(
                name,
                { metadata, spec: { template: podTemplate(app, { restartPolicy: "Never" }) } },
                opts,
            );
        case "definition":
            return new k8s.apiextensions.v1.CustomResourceDefinition(name, definition, opts);
        case "widget":
            return new k8s.apiextensions.CustomResource(
                name,
                { apiVersion: "test.anchorage.dev/v1", kind: "Widget", metadata, spec: data },
                opts,
            );
        case "command":
            return new command.local.Command(name, { create: create ?? "true" }, { dependsOn, ...options });
    }
}

function podTemplate(app: string, pod: object | undefined) {
    return {
        metadata: { labels: { app } },
        spec: { containers: [{ name: "web", image: "registry.example/web:1" }], ...pod },
    };
}

function deploymentSpec(app: string, pod: object | undefined) {
    return { replicas: 1, selector: { matchLabels: { app } }, template: podTemplate(app, pod) };
}

export const names = [...made.values()].map((resource) => resource.id);
