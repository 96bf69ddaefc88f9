import assert from "node:assert/strict";
import { openHarbor, type OpenedClient } from "../../harbor/client/client";
import { RegistryClient } from "../../harbor/registry/registry-client";
import type { LabEndpoints } from "../../lib/home";
import { waitFor } from "../../lib/wait";
import { passwordOf } from "./lab-password";

export interface OpenedRegistry {
    readonly opened: OpenedClient;
    readonly registry: RegistryClient;
    close(): Promise<void>;
}

/** Both clients of the Harbor of a lab's stack, as its administrator, once it is healthy. */
export async function openLabRegistry(lab: LabEndpoints): Promise<OpenedRegistry> {
    assert.ok(lab.harbor);
    const at = { url: lab.harbor.url, user: "admin", password: await passwordOf(lab, "harbor") };
    const opened = openHarbor(at);
    const registry = new RegistryClient({ ...at, signal: new AbortController().signal });
    await harborHealthy(opened);
    const close = async (): Promise<void> => {
        await opened.close();
        await registry.close();
    };
    return { opened, registry, close };
}

export async function harborHealthy({ client }: OpenedClient): Promise<void> {
    const look = async (): Promise<true | undefined> => {
        const { status } = await client.system.health().catch(() => ({ status: "unreachable" }));
        return status === "healthy" ? true : undefined;
    };
    await waitFor(look, { what: "Harbor to be healthy", timeoutMs: 120_000, intervalMs: 200 });
}

/** That a Harbor is of a version, serves its images, and has nothing switched off or left of what upgrades make. */
export async function requireUpgraded(
    { opened: { client }, registry }: Pick<OpenedRegistry, "opened" | "registry">,
    version: string,
    digests: readonly string[],
): Promise<void> {
    const { harbor_version, read_only } = await client.system.info();
    assert.deepEqual([harbor_version?.split("-")[0], read_only], [`v${version}`, false]);
    assert.deepEqual(
        (await client.jobservice.queues()).filter(({ paused }) => paused),
        [],
    );
    for (const digest of digests) await registry.pullManifest("library/app", digest);
    const projects = await client.projects.list().toArray();
    assert.deepEqual(
        projects.map(({ name }) => name),
        ["library"],
    );
}
