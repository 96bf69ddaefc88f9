import type { Api, ListCall } from "./api";
import type { CallOptions } from "./deadline";
import type { Listing } from "./listing";
import { path, type ProjectRef } from "./paths";

export interface WebhookTarget {
    readonly type: "http" | "slack";
    readonly address: string;
    /** Sent as the header Authorization. Harbor gives it back in clear: a secret. */
    readonly auth_header?: string;
    readonly skip_cert_verify: boolean;
    /** `Default`, `CloudEvents` */
    readonly payload_format?: string;
}

export interface WebhookPolicy {
    readonly id: number;
    readonly project_id: number;
    readonly name: string;
    readonly description: string;
    readonly enabled: boolean;
    /** `PUSH_ARTIFACT`, ...: see {@link Webhooks.events}. */
    readonly event_types: readonly string[];
    readonly targets: readonly WebhookTarget[];
    readonly creator?: string;
    /** Gone after an update that did not give it. */
    readonly creation_time?: string;
    readonly update_time?: string;
}

export type NewWebhookPolicy = Pick<WebhookPolicy, "name" | "enabled" | "event_types" | "targets"> & {
    readonly description?: string;
};

export interface WebhookEvents {
    readonly event_type: readonly string[];
    readonly notify_type: readonly string[];
}

const policyShape = {
    dates: ["creation_time", "update_time"],
    defaults: { description: "", enabled: false, event_types: [], targets: [] },
    inner: { targets: { defaults: { skip_cert_verify: false } } },
} as const;

/** What Harbor tells whom when something happens in a project. */
export class Webhooks {
    constructor(private readonly api: Api) {}

    /** GET /projects/{project_name_or_id}/webhook/policies */
    list(project: ProjectRef, options?: ListCall): Listing<WebhookPolicy> {
        const at = path`/projects/${project}/webhook/policies`;
        return this.api.list<WebhookPolicy>(at, policyShape, options, { project });
    }

    /** GET /projects/{project_name_or_id}/webhook/policies/{webhook_policy_id} */
    get(project: ProjectRef, id: number, options?: CallOptions): Promise<WebhookPolicy> {
        const at = path`/projects/${project}/webhook/policies/${id}`;
        return this.api.get<WebhookPolicy>(at, policyShape, options, { project });
    }

    /** POST /projects/{project_name_or_id}/webhook/policies. @returns its number */
    create(project: ProjectRef, policy: NewWebhookPolicy, options?: CallOptions): Promise<number> {
        return this.api.create(path`/projects/${project}/webhook/policies`, policy, options, { project });
    }

    /** PUT /projects/{project_name_or_id}/webhook/policies/{webhook_policy_id}: replaces it. */
    update(project: ProjectRef, policy: WebhookPolicy, options?: CallOptions): Promise<void> {
        const at = path`/projects/${project}/webhook/policies/${policy.id}`;
        return this.api.put(at, policy, options, { project });
    }

    /** DELETE /projects/{project_name_or_id}/webhook/policies/{webhook_policy_id} */
    delete(project: ProjectRef, id: number, options?: CallOptions): Promise<void> {
        return this.api.delete(path`/projects/${project}/webhook/policies/${id}`, options, { project });
    }

    /** GET /projects/{project_name_or_id}/webhook/events: what there is to be told. */
    events(project: ProjectRef, options?: CallOptions): Promise<WebhookEvents> {
        const at = path`/projects/${project}/webhook/events`;
        const shape = { defaults: { event_type: [], notify_type: [] } };
        return this.api.get<WebhookEvents>(at, shape, options, { project });
    }
}
