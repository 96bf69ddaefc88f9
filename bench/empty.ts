import "@pulumi/pulumi";

/** A program that makes nothing: what the SDK and the process cost alone. */
export const nothing = true;
