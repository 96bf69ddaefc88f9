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

/** A release as a person installs it: a folder with the chart, a file with its values. */
interface Release {
    readonly name: string;
    readonly namespace: string;
    readonly chart: string;
}

export interface Written {
    readonly kubeconfig: string;
    /** The registry's, with the objects that the program makes beside its release. */
    readonly namespace: string;
    /** Kinds of these objects, as kubectl takes them. */
    readonly kinds: readonly string[];
    /** Objects of the whole cluster that belong to them, as kind/name. */
    readonly clusterWide: readonly string[];
    /** In their order: what stands before the objects, each before the next; then Harbor. */
    readonly releases: readonly Release[];
    /** Arguments of `kubectl wait`: what has to hold before Harbor is installed. */
    readonly waits: readonly (readonly string[])[];
}

/** Makes by kubectl and helm what `anchorage up` made: a person with a few files and a few commands. */
export interface ByHand {
    readonly up: () => Promise<void>;
    readonly down: () => Promise<void>;
}

/** Writes down what a stack that is up consists of (objects as YAML, releases' values), to make it again by hand. */
export async function writeDown(sandbox: Sandbox, written: Written): Promise<ByHand> {
    const { kubeconfig, namespace, releases, waits } = written;
    const kubectl = async (...args: string[]): Promise<string> =>
        (await sandbox.run(sandbox.tool("kubectl"), ["--kubeconfig", kubeconfig, ...args])).stdout;
    const helm = async (release: Release, ...args: string[]): Promise<string> => {
        const where = ["--kubeconfig", kubeconfig, "--namespace", release.namespace];
        return (await sandbox.run(sandbox.tool("helm"), [...where, ...args])).stdout;
    };

    const manifests = path.join(sandbox.folder, `by-hand-${namespace}.yaml`);
    const objects = await objectsOf(kubectl, written);
    await writeFile(manifests, objects.map((object) => stringify(object)).join("---\n"), { mode: 0o600 });
    const valuesOf = ({ name }: Release): string => path.join(sandbox.folder, `by-hand-${name}-values.yaml`);
    for (const release of releases) {
        const values = await helm(release, "get", "values", release.name, "--output", "yaml");
        await writeFile(valuesOf(release), values, { mode: 0o600 });
    }
    const install = (release: Release): Promise<string> =>
        helm(
            release,
            ...["upgrade", "--install", release.name, release.chart, "--create-namespace"],
            ...["--values", valuesOf(release), "--wait", "--timeout", "2m"],
        );
    const uninstall = (release: Release): Promise<string> =>
        helm(release, "uninstall", release.name, "--wait", "--ignore-not-found");
    const operators = releases.slice(0, -1);
    const harbor = releases.slice(-1);
    return {
        up: async () => {
            for (const release of operators) await install(release);
            await kubectl("apply", "--filename", manifests);
            await Promise.all(waits.map((wait) => kubectl("wait", "--timeout=2m", "--namespace", namespace, ...wait)));
            for (const release of harbor) await install(release);
        },
        down: async () => {
            for (const release of harbor) await uninstall(release);
            await kubectl("delete", "--filename", manifests, "--wait", "--ignore-not-found");
            for (const release of operators) {
                await uninstall(release);
                await kubectl("delete", "namespace", release.namespace, "--wait", "--ignore-not-found");
            }
        },
    };
}

async function objectsOf(
    kubectl: (...args: string[]) => Promise<string>,
    { namespace, kinds, clusterWide }: Written,
): Promise<object[]> {
    const get = async (...args: string[]): Promise<readonly KubernetesObject[]> => {
        const found = JSON.parse(await kubectl("get", ...args, "-o", "json")) as KubernetesObject & {
            readonly items?: readonly KubernetesObject[];
        };
        return found.items ?? [found];
    };
    const inside = await get("--namespace", namespace, kinds.join(","));
    return [
        ...(await get("namespace", namespace)),
        ...(clusterWide.length === 0 ? [] : await get(...clusterWide)),
        ...inside.filter(isOfTheProgram),
    ].map(asWritten);
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
