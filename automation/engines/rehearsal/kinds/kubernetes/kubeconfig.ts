import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { parse } from "yaml";
import { ExitCode, messageOf, UserError } from "../../../../../lib/errors";
import { isObject, list, object, text, type Value, type Values } from "../../values";

/** One cluster and how to log in to it. Certificates and keys as PEM. */
export interface Login {
    readonly server: URL;
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
    readonly token?: string;
    /** Namespace of objects that name none. @default "default" */
    readonly namespace: string;
    /** The kubeconfig's text and context: what helm is given. */
    readonly kubeconfig: string;
    readonly context: string;
}

/**
 * The cluster that a provider's settings mean: `kubeconfig` (a path or the text itself; else KUBECONFIG or
 * ~/.kube/config), `context`, `cluster`, `namespace`. Only what a lab's kubeconfig has is read: certificates,
 * tokens and files; a kubeconfig that runs programs is refused by {@link assertLab} anyway.
 */
export async function readLogin(provider: Values): Promise<Login> {
    const source = text(provider, "kubeconfig") ?? process.env["KUBECONFIG"] ?? path.join(homedir(), ".kube", "config");
    const isText = source.includes("\n") || source.trimStart().startsWith("{");
    const kubeconfig = isText ? source : await readSource(source);
    const folder = isText ? process.cwd() : path.dirname(path.resolve(source));
    let content: Value;
    try {
        content = parse(kubeconfig) as Value;
    } catch (error) {
        throw wrong(`it is no YAML: ${messageOf(error)}`);
    }
    if (!isObject(content)) throw wrong("it holds nothing");
    const context = text(provider, "context") ?? text(content, "current-context") ?? "";
    const chosen = object(named(content, "contexts", context), "context");
    const cluster = object(named(content, "clusters", text(provider, "cluster") ?? text(chosen, "cluster")), "cluster");
    const user = object(named(content, "users", text(chosen, "user")), "user");
    const server = text(cluster, "server");
    if (server === undefined || !URL.canParse(server)) throw wrong(`context ${context} has no server`);
    const pem = async (from: Record<string, Value>, key: string): Promise<string | undefined> => {
        const data = text(from, `${key}-data`);
        if (data !== undefined) return Buffer.from(data, "base64").toString("utf8");
        const file = text(from, key);
        return file === undefined ? undefined : readFile(path.resolve(folder, file), "utf8");
    };
    const optional = {
        ca: await pem(cluster, "certificate-authority"),
        cert: await pem(user, "client-certificate"),
        key: await pem(user, "client-key"),
        token: text(user, "token"),
    };
    return {
        server: new URL(server),
        namespace: text(provider, "namespace") ?? text(chosen, "namespace") ?? "default",
        kubeconfig: isText ? kubeconfig : path.resolve(source),
        context,
        ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as object),
    };
}

async function readSource(file: string): Promise<string> {
    if (!existsSync(file)) {
        throw new UserError(`there is no kubeconfig ${file}`, { next: ["npx anchorage lab start"] });
    }
    return readFile(file, "utf8");
}

function named(content: Record<string, Value>, key: string, name: string | undefined): Record<string, Value> {
    const found = list(content, key).find((item) => isObject(item) && item["name"] === name);
    if (!isObject(found)) throw wrong(`it has no "${name ?? ""}" in ${key}`);
    return found;
}

function wrong(what: string): UserError {
    return new UserError(`the kubeconfig cannot be used: ${what}`, { exitCode: ExitCode.usage });
}
