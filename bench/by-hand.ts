import { writeFile } from "node:fs/promises";
import path from "node:path";
import { stringify } from "yaml";
import type { Sandbox } from "./sandbox";

interface KubernetesObject {
    readonly kind: string;
    readonly type?: string;
    readonly metadata: {
        readonly name: string;
        readonly namespace?: string;
        readonly labels?: Readonly<Record<string, string>>;
        readonly ownerReferences?: readonly unknown[];
    };
    readonly [field: string]: unknown;
}

/** Kinds that the program makes beside the release. */
const kinds = "secrets,configmaps,serviceaccounts,persistentvolumeclaims";

/** Makes by kubectl and helm what `anchorage up` made: a person with two files and two commands. */
export interface ByHand {
    readonly up: () => Promise<void>;
    readonly down: () => Promise<void>;
}

/**
 * Writes down what is in the namespace of a stack that is up (the objects as YAML, the release's values) so that it
 * can be made again by hand.
 */
export async function writeDown(
    sandbox: Sandbox,
    where: {
        readonly kubeconfig: string;
        readonly namespace: string;
        readonly release: string;
        readonly chart: string;
    },
): Promise<ByHand> {
    const kubectl = async (...args: string[]): Promise<string> =>
        (await sandbox.run(sandbox.tool("kubectl"), ["--kubeconfig", where.kubeconfig, ...args])).stdout;
    const helm = async (...args: string[]): Promise<string> =>
        (
            await sandbox.run(sandbox.tool("helm"), [
                ...["--kubeconfig", where.kubeconfig, "--namespace", where.namespace],
                ...args,
            ])
        ).stdout;

    const list = await kubectl("--namespace", where.namespace, "get", kinds, "-o", "json");
    const { items } = JSON.parse(list) as { readonly items: readonly KubernetesObject[] };
    const namespace = JSON.parse(await kubectl("get", "namespace", where.namespace, "-o", "json")) as KubernetesObject;
    const objects = [namespace, ...items.filter(isOfTheProgram)].map(asWritten);
    const manifests = path.join(sandbox.folder, "by-hand.yaml");
    await writeFile(manifests, objects.map((object) => stringify(object)).join("---\n"), { mode: 0o600 });
    const values = path.join(sandbox.folder, "by-hand-values.yaml");
    await writeFile(values, await helm("get", "values", where.release, "--output", "yaml"), { mode: 0o600 });
    return {
        up: async () => {
            await kubectl("apply", "--filename", manifests);
            await helm(
                ...["upgrade", "--install", where.release, where.chart],
                ...["--values", values, "--wait", "--timeout", "2m"],
            );
        },
        down: async () => {
            await helm("uninstall", where.release, "--wait", "--ignore-not-found");
            await kubectl("delete", "--filename", manifests, "--wait", "--ignore-not-found");
        },
    };
}

/** Not of Helm, nor of the cluster itself. */
function isOfTheProgram({ kind, type, metadata }: KubernetesObject): boolean {
    return (
        metadata.ownerReferences === undefined &&
        metadata.labels?.["app.kubernetes.io/managed-by"] !== "Helm" &&
        metadata.labels?.["heritage"] !== "Helm" && // claims that a StatefulSet made
        type !== "helm.sh/release.v1" &&
        !(kind === "ServiceAccount" && metadata.name === "default") &&
        metadata.name !== "kube-root-ca.crt"
    );
}

/** The object as a person would have it in a file: without what the API server added. */
function asWritten(object: KubernetesObject): object {
    const { name, namespace, labels } = object.metadata;
    const rest = Object.fromEntries(Object.entries(object).filter(([key]) => key !== "status" && key !== "metadata"));
    return { ...rest, metadata: { name, namespace, labels } };
}
