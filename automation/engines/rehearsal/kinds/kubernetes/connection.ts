import type { LabEndpoints } from "../../../../../lib/home";
import { containsUnknown, text, type Values } from "../../values";
import { KubeClient, KubeError, type KubeObject } from "./client";
import { readLogin } from "./kubeconfig";
import { assertLoopback, findLab } from "./lab-guard";
import { isObject, list } from "../../values";

/** A lab's cluster, as one provider reaches it. */
export interface Connection {
    readonly client: KubeClient;
    readonly lab: LabEndpoints;
    readonly discovery: Discovery;
}

const connections = new Map<string, Promise<Connection>>();

/**
 * The cluster of a provider; every resource of the same provider shares it. undefined in a preview in which
 * the provider's kubeconfig is not known yet.
 * @throws UserError (exit code 3) when it is not a lab, before anything but its marker was looked at
 */
export async function connect(provider: Values): Promise<Connection | undefined> {
    const settings = Object.fromEntries(
        ["kubeconfig", "context", "cluster", "namespace"].map((key) => [key, provider[key] ?? null]),
    );
    if (containsUnknown(settings)) return undefined;
    const key = JSON.stringify(settings);
    const known = connections.get(key) ?? open(settings);
    connections.set(key, known);
    return known;
}

async function open(settings: Values): Promise<Connection> {
    const login = await readLogin(settings);
    assertLoopback(login);
    const client = new KubeClient(login);
    return { client, lab: await findLab(client), discovery: new Discovery(client) };
}

/** How a kind is addressed. */
export interface ResourceType {
    readonly path: string;
    readonly plural: string;
    readonly namespaced: boolean;
}

/** Which kinds the API server serves. */
export class Discovery {
    private readonly groups = new Map<string, Promise<Map<string, ResourceType> | undefined>>();

    constructor(private readonly client: KubeClient) {}

    /** undefined: the server does not serve it (yet). */
    async find(apiVersion: string, kind: string): Promise<ResourceType | undefined> {
        const group = this.groups.get(apiVersion) ?? this.load(apiVersion);
        this.groups.set(apiVersion, group);
        const found = (await group)?.get(kind);
        // What is not there now may be there in a moment: a CRD of the same program.
        if (!found) this.groups.delete(apiVersion);
        return found;
    }

    private async load(apiVersion: string): Promise<Map<string, ResourceType> | undefined> {
        const path = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
        let answer: KubeObject | undefined;
        try {
            answer = await this.client.get(path);
        } catch (error) {
            // An aggregated API whose server is down is as if it were not there.
            if (!(error instanceof KubeError) || error.status !== 503) throw error;
        }
        if (!answer) return undefined;
        const kinds = new Map<string, ResourceType>();
        for (const item of list(answer, "resources")) {
            if (!isObject(item)) continue;
            const [plural, kind] = [text(item, "name"), text(item, "kind")];
            if (plural === undefined || kind === undefined || plural.includes("/")) continue;
            kinds.set(kind, { path, plural, namespaced: item["namespaced"] === true });
        }
        return kinds;
    }
}

/** The path of an object, or of all objects of its kind in its namespace. */
export function objectPath({ path, plural, namespaced }: ResourceType, namespace: string, name?: string): string {
    const scope = namespaced ? `/namespaces/${encodeURIComponent(namespace)}` : "";
    return `${path}${scope}/${plural}${name === undefined ? "" : `/${encodeURIComponent(name)}`}`;
}
