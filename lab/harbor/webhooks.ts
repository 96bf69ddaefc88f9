import { z } from "zod";
import { recordDeed } from "./audit";
import type { Core } from "./core";
import type { Artifact } from "./store/records";

/** Events that a policy may ask for. Source: src/pkg/notification/notification.go. */
export const webhookEvents: readonly string[] = [
    "DELETE_ARTIFACT",
    "PULL_ARTIFACT",
    "PUSH_ARTIFACT",
    "QUOTA_EXCEED",
    "QUOTA_WARNING",
    "REPLICATION",
    "SCANNING_FAILED",
    "SCANNING_STOPPED",
    "SCANNING_COMPLETED",
    "TAG_RETENTION",
];

const policyContent = z.object({
    enabled: z.boolean(),
    event_types: z.array(z.string()),
    targets: z.array(z.object({ type: z.string(), address: z.string(), auth_header: z.string().optional() })),
});

export interface ArtifactEvent {
    readonly type: "PUSH_ARTIFACT" | "DELETE_ARTIFACT";
    readonly artifact: Artifact;
    readonly tag: string;
    readonly operator: string;
}

/** Writes the event into the audit log, and has each policy that asks for it sent it: one job a policy. */
export async function announce(core: Core, event: ArtifactEvent): Promise<void> {
    const { externalUrl, jobs, tables } = core;
    const { artifact, operator, tag, type } = event;
    const named = `${artifact.repository_name}@${artifact.digest}`;
    const isPush = type === "PUSH_ARTIFACT";
    await recordDeed(core, {
        operation: isPush ? "create" : "delete",
        resource_type: "artifact",
        resource: tag === "" ? named : `${artifact.repository_name}:${tag}`,
        description: `${isPush ? "push" : "delete"} artifact: ${named}`,
        project_id: artifact.project_id,
        operator,
    });
    for (const policy of await tables.webhooks.all({ project_id: artifact.project_id })) {
        const { enabled, event_types, targets } = policyContent.parse(policy.content);
        if (!enabled || !event_types.includes(type)) continue;
        const [namespace = ""] = artifact.repository_name.split("/");
        const name = artifact.repository_name.slice(namespace.length + 1);
        const host = externalUrl.replace(/^https?:\/\//, "");
        const payload = {
            type,
            occur_at: Math.floor(Date.now() / 1000),
            operator,
            event_data: {
                resources: [
                    { digest: artifact.digest, tag, resource_url: `${host}/${artifact.repository_name}:${tag}` },
                ],
                repository: {
                    date_created: Math.floor(Date.now() / 1000),
                    name,
                    namespace,
                    repo_full_name: artifact.repository_name,
                    repo_type: "private",
                },
            },
        };
        for (const target of targets) {
            const run = { vendor_id: policy.id, trigger: "EVENT", parameters: { event_type: type } } as const;
            await jobs.start(target.type === "slack" ? "SLACK" : "WEBHOOK", run, () => deliver(target, payload));
        }
    }
}

async function deliver(
    target: { address: string; auth_header?: string | undefined },
    payload: object,
): Promise<string> {
    const response = await fetch(target.address, {
        method: "POST",
        headers: {
            "content-type": "application/json",
            ...(target.auth_header ? { authorization: target.auth_header } : {}),
        },
        body: JSON.stringify(payload),
        signal: AbortSignal.timeout(10_000),
    });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`the target answered ${String(response.status)}`);
    return "";
}
