import * as kubernetes from "@pulumi/kubernetes";

/** The smallest program on the same SDK: what is left of a figure beside it is ours. */
export const name = new kubernetes.core.v1.Namespace("one").metadata.name;
