import { withSchemas, type Definition, type Schema } from "./definition";

/**
 * What version 2.0.1 of Zalando's operator changed in its definition of `postgresql` since 1.15.1 (its release notes and
 * its definition): fields that are gone, fields that came, PostgreSQL 18. Fields of pods are taken as they come.
 */
export function likeVersion2(definition: Definition): Definition {
    if (definition.spec.names.kind !== "postgresql") return definition;
    return withSchemas(definition, (schema) => {
        const spec = schema.properties?.["spec"] ?? {};
        const kept = Object.entries(spec.properties ?? {}).filter(([field]) => !gone.includes(field));
        const { postgresql, ...fields } = Object.fromEntries(kept);
        return {
            ...schema,
            required: ["metadata", "spec"],
            properties: {
                ...schema.properties,
                spec: { ...spec, properties: { ...fields, ...come, postgresql: withVersion18(postgresql ?? {}) } },
                status: {
                    type: "object",
                    required: ["PostgresClusterStatus"],
                    properties: { PostgresClusterStatus: { type: "string" } },
                },
            },
        };
    });
}

/** Older names of initContainers, podPriorityClassName, enableReplicaLoadBalancer and enableMasterLoadBalancer. */
const gone = ["init_containers", "pod_priority_class_name", "replicaLoadBalancer", "useLoadBalancer"];

const boolean: Schema = { type: "boolean" };
const port: Schema = { type: "integer", format: "int32" };
const ofPods: Schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

const come: Readonly<Record<string, Schema>> = {
    enableMasterNodePort: boolean,
    enableMasterPoolerNodePort: boolean,
    enableReplicaNodePort: boolean,
    enableReplicaPoolerNodePort: boolean,
    masterNodePort: port,
    masterPoolerNodePort: port,
    replicaNodePort: port,
    replicaPoolerNodePort: port,
    envFrom: { type: "array", items: ofPods },
    livenessProbe: ofPods,
    topologySpreadConstraints: { type: "array", items: ofPods },
};

function withVersion18(postgresql: Schema): Schema {
    const version = { type: "string", enum: ["14", "15", "16", "17", "18"] };
    return { ...postgresql, properties: { ...postgresql.properties, version } };
}
