import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import type * as pulumi from "@pulumi/pulumi";

/** An object of a kind that an operator brought, as plain data. */
export interface CustomObject {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
    readonly spec: object;
}

/** @param namespace absent for a kind of the whole cluster */
export function makeObject(
    name: string,
    { metadata, ...object }: CustomObject,
    namespace: pulumi.Input<string> | undefined,
    opts: pulumi.CustomResourceOptions,
): CustomResource {
    const own = namespace === undefined ? metadata : { ...metadata, namespace };
    return new CustomResource(name, { ...object, metadata: own }, opts);
}

/**
 * The annotation by which the Kubernetes provider waits (pulumi-kubernetes#3134): as `kubectl wait --for=condition=`.
 * @param seconds until it is given up
 */
export function waitForCondition(condition: string, seconds: number): Readonly<Record<string, string>> {
    return { "pulumi.com/waitFor": `condition=${condition}`, "pulumi.com/timeoutSeconds": String(seconds) };
}
