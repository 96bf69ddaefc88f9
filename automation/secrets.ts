import type { StackOutputs } from "../config/contract";
import { UserError } from "../lib/errors";
import { askCluster, type ClusterDoor } from "./cluster-access";

/**
 * The value of a key of a Secret. It goes into memory alone: never into an argument, a log or an error.
 * @param namespace default: the release's @throws UserError where there is no such Secret, or no such key
 */
export async function readSecret(
    outputs: StackOutputs,
    name: string,
    key: string,
    door: ClusterDoor,
    namespace = outputs.namespace,
): Promise<string> {
    const data = await findData(outputs, name, door, namespace);
    const value = data?.[key];
    if (value !== undefined) return Buffer.from(value, "base64").toString();
    const what = `Secret ${namespace}/${name}`;
    throw new UserError(data === undefined ? `there is no ${what}` : `${what} has no key ${key}`, {
        next: ["npx anchorage up writes it again"],
    });
}

/** As {@link readSecret}. @returns undefined where there is no such Secret, or no such key */
export async function findSecret(
    outputs: StackOutputs,
    name: string,
    key: string,
    door: ClusterDoor,
    namespace = outputs.namespace,
): Promise<string | undefined> {
    const value = (await findData(outputs, name, door, namespace))?.[key];
    return value === undefined ? undefined : Buffer.from(value, "base64").toString();
}

async function findData(
    outputs: StackOutputs,
    name: string,
    door: ClusterDoor,
    namespace: string,
): Promise<Readonly<Record<string, string>> | undefined> {
    const args = ["get", "secret", name, "--ignore-not-found", "-o", "json"];
    const stdout = await askCluster({ ...outputs, namespace }, door, `Secret ${namespace}/${name}`, args);
    if (stdout.trim() === "") return undefined;
    return (JSON.parse(stdout) as { readonly data?: Readonly<Record<string, string>> }).data ?? {};
}
