import { z } from "zod";
import { name } from "./fields";

export const cluster = z.discriminatedUnion("kind", [
    z.strictObject({
        kind: z.literal("lab").describe("the embedded cluster"),
        name: name.default("anchorage").describe("name of the lab (--name of the verbs of lab)"),
        standIn: z
            .boolean()
            .default(false)
            .describe("in place of the stack's own cluster and object store: what --lab sets"),
    }),
    z.strictObject({
        kind: z.literal("kind").describe("a KinD cluster that the program makes and destroys"),
        name: name.default("anchorage").describe("name of the KinD cluster"),
        workers: z
            .int()
            .min(0)
            .max(20)
            .default(0)
            .describe("worker nodes beside the control plane; 3 for the HA exercise"),
        image: z.string().optional().describe("node image; default: the catalogue's"),
        extraClusters: z
            .array(name)
            .default([])
            .describe("further single-node KinD clusters, such as migration-target"),
    }),
    z.strictObject({
        kind: z.literal("kubeconfig").describe("a cluster that exists"),
        path: z.string().optional().describe("kubeconfig file; default: $KUBECONFIG or ~/.kube/config"),
        context: z.string().optional().describe("context in it; default: its current one"),
    }),
]);

export const charts = z.strictObject({
    source: z
        .enum(["repository", "folder", "oci", "contract"])
        .default("repository")
        .describe(
            "official repositories, a folder with harbor/ and the operators' charts in it, an OCI registry, or our contract charts (lab only)",
        ),
    location: z
        .string()
        .optional()
        .describe("the folder, or oci://host/path; repository: another URL than the official one of Harbor"),
});
