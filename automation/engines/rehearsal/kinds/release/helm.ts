import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { UserError } from "../../../../../lib/errors";
import type { KindContext } from "../../kinds";
import { assetSignature, isObject, list, object, signatureKey, text, type Value, type Values } from "../../values";
import type { KubeClient } from "../kubernetes/client";

/** One release in one cluster, and the helm that works on it. */
export interface HelmTarget {
    readonly client: KubeClient;
    /** Absolute path of the program. */
    readonly helm: string;
    readonly namespace: string;
    readonly name: string;
}

/** Inputs that this engine cannot honour: better an error than a release that is not what it should be. */
const refused = [
    "postrender",
    "forceUpdate",
    "recreatePods",
    "replace",
    "verify",
    "keyring",
    "reuseValues",
    "resetValues",
];

/** Inputs of the resource that are switches of helm. */
const switches: Readonly<Record<string, string>> = {
    createNamespace: "--create-namespace",
    atomic: "--rollback-on-failure",
    cleanupOnFail: "--cleanup-on-fail",
    dependencyUpdate: "--dependency-update",
    devel: "--devel",
    disableWebhooks: "--no-hooks",
    renderSubchartNotes: "--render-subchart-notes",
    skipCrds: "--skip-crds",
};

/**
 * The arguments of `helm upgrade --install NAME`, and what is written to its standard input: the values, which
 * may hold secrets and so never stand among the arguments or in a file. Like Pulumi's provider, which is built
 * on Helm 3, objects are merged by the client, not by server-side apply. With or without disableOpenapiValidation helm is told
 * not to validate: it would fetch the OpenAPI documents of the chart's kinds, for half a second, to learn from them that the
 * server validates by itself, as all since Kubernetes 1.27 do.
 * @throws UserError for inputs that the rehearsal engine does not honour
 */
export async function releaseArguments(
    inputs: Values,
    chart: string,
    timeout: string,
): Promise<{ args: string[]; input: string }> {
    const unknown = refused.filter((key) => inputs[key] !== undefined && inputs[key] !== false && inputs[key] !== "");
    if (unknown.length > 0)
        throw new UserError(`the rehearsal engine does not honour ${unknown.join(", ")} of a Release`);
    const args = [chart, "--server-side=false", "--disable-openapi-validation"];
    args.push("--timeout", timeout, "--output", "json", "--values", "-");
    if (inputs["skipAwait"] !== true) args.push("--wait");
    if (inputs["skipAwait"] !== true && inputs["waitForJobs"] === true) args.push("--wait-for-jobs");
    for (const [key, flag] of Object.entries(switches)) if (inputs[key] === true) args.push(flag);
    const repository = object(inputs, "repositoryOpts");
    const options: [string, Value | undefined][] = [
        ["--version", inputs["version"]],
        ["--description", inputs["description"]],
        ["--history-max", inputs["maxHistory"]],
        ["--repo", repository["repo"]],
        ["--ca-file", repository["caFile"]],
        ["--cert-file", repository["certFile"]],
        ["--key-file", repository["keyFile"]],
    ];
    for (const [flag, value] of options) {
        if (typeof value === "string" || typeof value === "number") args.push(flag, String(value));
    }
    if (text(repository, "username") !== undefined || text(repository, "password") !== undefined) {
        throw new UserError("the rehearsal engine does not log in to chart repositories", {
            next: ["log in before: helm registry login, or take the chart from a folder"],
        });
    }
    return { args, input: JSON.stringify(await mergedValues(inputs)) };
}

/** `valueYamlFiles` one over the other, and `values` over all of them. */
async function mergedValues(inputs: Values): Promise<Values> {
    let merged: Values = {};
    for (const asset of list(inputs, "valueYamlFiles")) {
        if (!isObject(asset) || asset[signatureKey] !== assetSignature)
            throw new UserError("valueYamlFiles takes assets");
        const file = text(asset, "path");
        const content = file === undefined ? text(asset, "text") : await readFile(file, "utf8");
        if (content === undefined) throw new UserError("the rehearsal engine reads values from files and texts only");
        const { parse } = await import("yaml");
        const parsed = parse(content) as Value;
        if (isObject(parsed)) merged = merge(merged, parsed);
    }
    return merge(merged, object(inputs, "values"));
}

function merge(base: Values, over: Values): Values {
    const result = { ...base };
    for (const [key, value] of Object.entries(over)) {
        const before = result[key];
        result[key] = isObject(before) && isObject(value) ? merge(before, value) : value;
    }
    return result;
}

/** Runs helm against the target's cluster and returns what it printed. */
export async function helm(
    { client, helm: file, namespace }: HelmTarget,
    args: readonly string[],
    context: KindContext,
    input?: string,
): Promise<string> {
    const { kubeconfig, context: kubeContext } = client.login;
    const folder = path.isAbsolute(kubeconfig) ? undefined : await mkdtemp(path.join(tmpdir(), "anchorage-"));
    try {
        const config = folder === undefined ? kubeconfig : path.join(folder, "kubeconfig");
        if (folder !== undefined) await writeFile(config, kubeconfig, { mode: 0o600 });
        const where = ["--namespace", namespace, "--kubeconfig", config, "--kube-context", kubeContext];
        const { stdout } = await context.exec(file, [...args, ...where], {
            cwd: context.projectRoot,
            ...(input === undefined ? {} : { input }),
            // Told to hurry, helm ends its wait and marks the release as failed: the next update goes on from there.
            signal: context.signal,
            endsInOrder: true,
            onStart: (pid) => context.recordProcess(pid),
        });
        return stdout;
    } finally {
        if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    }
}
