import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import type * as pulumi from "@pulumi/pulumi";

type Annotations = Readonly<Record<string, pulumi.Input<string>>>;

/** An object of a kind that an operator brought, as plain data. */
export interface CustomObject {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata: { readonly name: string; readonly annotations?: Annotations | undefined };
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

/** Annotations of {@link waitFor}: for an operator that would copy them to its pods. */
export const waitAnnotations = { expression: "pulumi.com/waitFor", seconds: "pulumi.com/timeoutSeconds" } as const;

/**
 * The annotations by which the Kubernetes provider waits (pulumi-kubernetes#3134).
 * @param expression as of `kubectl wait --for`: `condition=Ready`, `jsonpath={.status.phase}=Running`
 * @param seconds until it is given up
 */
export function waitFor(expression: string, seconds: number): Readonly<Record<string, string>> {
    return { [waitAnnotations.expression]: expression, [waitAnnotations.seconds]: String(seconds) };
}
