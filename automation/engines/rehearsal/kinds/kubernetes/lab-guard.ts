import { readdir } from "node:fs/promises";
import path from "node:path";
import { codeOf, ExitCode, UserError } from "../../../../../lib/errors";
import { readFileIfPresent } from "../../../../../lib/files";
import { anchorageHome, labEndpointsFile, labMarker, type LabEndpoints } from "../../../../../lib/home";
import { object, text } from "../../values";
import type { KubeClient } from "./client";
import type { Login } from "./kubeconfig";

function refusal(why: string): UserError {
    return new UserError(`the rehearsal engine works on a lab only, and this cluster is none: ${why}`, {
        exitCode: ExitCode.refused,
        next: ["use --engine pulumi for a real cluster", "npx anchorage lab start, for a lab"],
    });
}

/** @throws UserError (exit code 3) when the server is not on this machine; no connection is tried */
export function assertLoopback({ server, context }: Pick<Login, "server" | "context">): void {
    const host = server.hostname.replace(/^\[|\]$/g, "");
    if (/^127\.\d+\.\d+\.\d+$/.test(host) || host === "::1" || host === "localhost") return;
    throw refusal(`context ${context} is at ${server.host}, which is not this machine`);
}

/**
 * Finds the lab of this machine that a cluster is, by the marker that the lab left in it.
 * @throws UserError (exit code 3) when it is none
 */
export async function findLab(client: KubeClient): Promise<LabEndpoints> {
    const { server, context } = client.login;
    const marker = await client.get(`/api/v1/namespaces/${labMarker.namespace}/configmaps/${labMarker.name}`);
    const id = text(object(marker, "data"), "id");
    const where = `context ${context} at ${server.host}`;
    if (id === undefined) {
        throw refusal(`${where} has no ConfigMap ${labMarker.namespace}/${labMarker.name} with the id of a lab`);
    }
    for (const lab of await labs()) if (lab.id === id) return lab;
    throw refusal(`${where} has the marker of a lab that is not one of this machine's (${anchorageHome()})`);
}

async function labs(): Promise<LabEndpoints[]> {
    let names: string[];
    try {
        names = await readdir(path.join(anchorageHome(), "labs"));
    } catch (error) {
        if (codeOf(error) === "ENOENT") return [];
        throw error;
    }
    const files = await Promise.all(names.map((name) => readFileIfPresent(labEndpointsFile(name))));
    return files.filter((content) => content !== undefined).map((content) => JSON.parse(content) as LabEndpoints);
}
