import type { HarborClient } from "../../../harbor/client/client";
import { Deadline } from "../../../harbor/client/deadline";
import type { Answer, Call, Transport } from "../../../harbor/client/transport";
import type { TagRule } from "../../../harbor/client/tag-rules";

/** Remembers calls, and answers each so that the client is content. */
export class RecordingTransport implements Transport {
    readonly calls: Call[] = [];

    deadline(): Deadline {
        return new Deadline({}, 1_000);
    }

    send(call: Call): Promise<Answer> {
        this.calls.push(call);
        const listed = "page" in (call.query ?? {}) || /queues$|pools$|workers$/.test(call.path);
        return Promise.resolve({
            status: 200,
            text: "",
            header: (name: string) => (name === "location" ? "/api/v2.0/things/1" : undefined),
            json: () => (listed ? [] : { harbor_version: "v2.15.2-080b0220", id: 1, schedule: { type: "Daily" } }),
        });
    }
}

const repository = { project: "p1", repository: "team/app" };
const artifact = { ...repository, reference: "v1" };
const rule: TagRule = {
    disabled: false,
    action: "retain",
    template: "always",
    params: {},
    tag_selectors: [{ kind: "doublestar", decoration: "matches", pattern: "**", extras: "" }],
    scope_selectors: { repository: [{ kind: "doublestar", decoration: "repoMatches", pattern: "**" }] },
};
const retention = {
    algorithm: "or",
    rules: [rule],
    trigger: { kind: "Schedule", settings: { cron: "0 0 2 * * *" } },
    scope: { level: "project", ref: 1 },
} as const;
const robot = {
    name: "ci",
    description: "d",
    level: "project",
    duration: -1,
    disable: false,
    permissions: [
        { kind: "project", namespace: "p1", access: [{ resource: "repository", action: "pull", effect: "allow" }] },
    ],
} as const;
const webhook = {
    name: "w",
    description: "d",
    enabled: true,
    event_types: ["PUSH_ARTIFACT"],
    targets: [
        { type: "http", address: "http://h", auth_header: "x", skip_cert_verify: false, payload_format: "Default" },
    ],
} as const;
const registry = {
    name: "r",
    url: "https://r",
    type: "harbor",
    insecure: false,
    description: "d",
    credential: { type: "basic", access_key: "a", access_secret: "s" },
    ca_certificate: "pem",
} as const;
const replication = {
    name: "r",
    description: "d",
    dest_registry: { id: 1, name: "r" },
    dest_namespace: "n",
    dest_namespace_replace_count: 1,
    trigger: { type: "scheduled", trigger_settings: { cron: "0 0 2 * * *" } },
    filters: [{ type: "name", value: "**", decoration: "matches" }],
    deletion: false,
    override: true,
    enabled: true,
    speed: -1,
    copy_by_chunk: false,
    single_active_replication: true,
} as const;
const label = { name: "l", description: "d", color: "#fff", scope: "p", project_id: 1 } as const;
const scanner = {
    name: "s",
    url: "http://s",
    description: "d",
    auth: "Basic",
    access_credential: "u:p",
    skip_certVerify: false,
    use_internal_addr: true,
    disabled: false,
} as const;
const schedule = { type: "Custom", cron: "0 0 2 * * *" } as const;

/** Every method of the client once, each with everything that it takes. `group.method` names it. */
export const everyCall: Readonly<Record<string, (client: HarborClient) => Promise<unknown>>> = {
    "system.health": (c) => c.system.health(),
    "system.requireHealthy": (c) => c.system.requireHealthy().catch(() => undefined),
    "system.ping": (c) => c.system.ping(),
    "system.info": (c) => c.system.info(),
    "system.statistics": (c) => c.system.statistics(),
    "configurations.get": (c) => c.configurations.get(),
    "configurations.update": (c) =>
        c.configurations.update({
            read_only: false,
            self_registration: false,
            robot_name_prefix: "robot$",
            robot_token_duration: 30,
            audit_log_forward_endpoint: "h:514",
            skip_audit_log_database: true,
            disabled_audit_log_event_types: "pull",
            primary_auth_mode: false,
            oidc_client_secret: "s",
            oidc_logout: true,
            ldap_group_attach_parallel: true,
            banner_message: "",
            storage_per_project: -1,
            session_timeout: 60,
        }),
    "configurations.setReadOnly": (c) => c.configurations.setReadOnly(true),
    "projects.list": (c) => c.projects.list({ name: "p", public: true, owner: "o" }).toArray(),
    "projects.get": (c) => c.projects.get("p1"),
    "projects.exists": (c) => c.projects.exists("p1"),
    "projects.create": (c) =>
        c.projects.create({
            project_name: "p1",
            metadata: {
                public: "false",
                enable_content_trust: "false",
                enable_content_trust_cosign: "true",
                prevent_vul: "true",
                severity: "high",
                auto_scan: "true",
                auto_sbom_generation: "false",
                reuse_sys_cve_allowlist: "true",
                proxy_speed_kb: "-1",
                max_upstream_conn: "10",
                proxy_cache_local_on_not_found: "true",
            },
            storage_limit: -1,
            registry_id: 1,
            cve_allowlist: { items: [{ cve_id: "CVE-2026-1" }] },
        }),
    "projects.update": (c) => c.projects.update("p1", { metadata: { public: "true" } }),
    "projects.delete": (c) => c.projects.delete(1),
    "projects.deletable": (c) => c.projects.deletable("p1"),
    "projects.summary": (c) => c.projects.summary("p1"),
    "members.list": (c) => c.members.list("p1").toArray(),
    "members.create": (c) =>
        c.members.create("p1", {
            role_id: 1,
            member_user: { user_id: 3, username: "u" },
            member_group: { id: 1, group_name: "g", group_type: 3, ldap_group_dn: "dn" },
        }),
    "members.setRole": (c) => c.members.setRole("p1", 1, 2),
    "members.delete": (c) => c.members.delete("p1", 1),
    "repositories.listAll": (c) => c.repositories.listAll().toArray(),
    "repositories.list": (c) => c.repositories.list("p1").toArray(),
    "repositories.get": (c) => c.repositories.get(repository),
    "repositories.delete": (c) => c.repositories.delete(repository),
    "artifacts.list": (c) => c.artifacts.list(repository).toArray(),
    "artifacts.get": (c) => c.artifacts.get(artifact, { scanOverview: true, accessories: true }),
    "artifacts.delete": (c) => c.artifacts.delete(artifact),
    "artifacts.tags": (c) => c.artifacts.tags(artifact).toArray(),
    "artifacts.createTag": (c) => c.artifacts.createTag(artifact, "v2"),
    "artifacts.deleteTag": (c) => c.artifacts.deleteTag(artifact, "v2"),
    "artifacts.accessories": (c) => c.artifacts.accessories(artifact).toArray(),
    "artifacts.scan": (c) => c.artifacts.scan(artifact),
    "artifacts.stopScan": (c) => c.artifacts.stopScan(artifact),
    "artifacts.copy": (c) => c.artifacts.copy(artifact, { project: "p2", repository: "app" }),
    "robots.list": (c) => c.robots.list().toArray(),
    "robots.listOfProject": (c) => c.robots.listOfProject(2).toArray(),
    "robots.get": (c) => c.robots.get(1),
    "robots.create": (c) => c.robots.create(robot),
    "robots.update": (c) => c.robots.update({ ...robot, id: 1 }),
    "robots.refreshSecret": (c) => c.robots.refreshSecret(1),
    "robots.setSecret": (c) => c.robots.setSecret(1, "Secret12"),
    "robots.delete": (c) => c.robots.delete(1),
    "robots.permissions": (c) => c.robots.permissions(),
    "quotas.list": (c) => c.quotas.list().toArray(),
    "quotas.ofProject": (c) => c.quotas.ofProject(1),
    "quotas.get": (c) => c.quotas.get(1),
    "quotas.setStorage": (c) => c.quotas.setStorage(1, -1),
    "retentions.get": (c) => c.retentions.get(1),
    "retentions.create": (c) => c.retentions.create(retention),
    "retentions.update": (c) => c.retentions.update({ ...retention, id: 1 }),
    "retentions.delete": (c) => c.retentions.delete(1),
    "retentions.start": (c) => c.retentions.start(1, true),
    "retentions.executions": (c) => c.retentions.executions(1).toArray(),
    "immutability.list": (c) => c.immutability.list("p1").toArray(),
    "immutability.create": (c) => c.immutability.create("p1", rule),
    "immutability.update": (c) => c.immutability.update("p1", { ...rule, id: 1, priority: 0 }),
    "immutability.delete": (c) => c.immutability.delete("p1", 1),
    "jobservice.queues": (c) => c.jobservice.queues(),
    "jobservice.act": (c) => c.jobservice.act("all", "pause"),
    "jobservice.pools": (c) => c.jobservice.pools(),
    "jobservice.workers": (c) => c.jobservice.workers(),
    "jobservice.busyWorkers": (c) => c.jobservice.busyWorkers(),
    "jobservice.stopJob": (c) => c.jobservice.stopJob("j1"),
    "jobservice.jobLog": (c) => c.jobservice.jobLog("j1"),
    "schedules.list": (c) => c.schedules.list().toArray(),
    "schedules.paused": (c) => c.schedules.paused(),
    "gc.get": (c) => c.gc.get(),
    "gc.set": (c) =>
        c.gc.set({ schedule, parameters: { delete_untagged: true, workers: 1, dry_run: true, delete_tag: true } }),
    "gc.update": (c) => c.gc.update({ schedule }),
    "gc.clear": (c) => c.gc.clear(),
    "gc.start": (c) => c.gc.start({ dry_run: true }),
    "gc.history": (c) => c.gc.history().toArray(),
    "gc.run": (c) => c.gc.run(1),
    "gc.stop": (c) => c.gc.stop(1),
    "gc.log": (c) => c.gc.log(1),
    "purgeAudit.get": (c) => c.purgeAudit.get(),
    "purgeAudit.set": (c) =>
        c.purgeAudit.set({
            schedule,
            parameters: { audit_retention_hour: 1, include_event_types: "x", dry_run: true },
        }),
    "purgeAudit.update": (c) => c.purgeAudit.update({ schedule }),
    "purgeAudit.clear": (c) => c.purgeAudit.clear(),
    "purgeAudit.start": (c) => c.purgeAudit.start({ audit_retention_hour: 1, include_event_types: "x", dry_run: true }),
    "purgeAudit.history": (c) => c.purgeAudit.history().toArray(),
    "purgeAudit.run": (c) => c.purgeAudit.run(1),
    "purgeAudit.stop": (c) => c.purgeAudit.stop(1),
    "purgeAudit.log": (c) => c.purgeAudit.log(1),
    "scanAll.get": (c) => c.scanAll.get(),
    "scanAll.set": (c) => c.scanAll.set({ schedule }),
    "scanAll.update": (c) => c.scanAll.update({ schedule }),
    "scanAll.clear": (c) => c.scanAll.clear(),
    "scanAll.start": (c) => c.scanAll.start(),
    "scanAll.stop": (c) => c.scanAll.stop(),
    "scanAll.metrics": (c) => c.scanAll.metrics(),
    "webhooks.list": (c) => c.webhooks.list("p1").toArray(),
    "webhooks.get": (c) => c.webhooks.get("p1", 1),
    "webhooks.create": (c) => c.webhooks.create("p1", webhook),
    "webhooks.update": (c) => c.webhooks.update("p1", { ...webhook, id: 1, project_id: 1 }),
    "webhooks.delete": (c) => c.webhooks.delete("p1", 1),
    "webhooks.events": (c) => c.webhooks.events("p1"),
    "registries.list": (c) => c.registries.list().toArray(),
    "registries.get": (c) => c.registries.get(1),
    "registries.create": (c) => c.registries.create(registry),
    "registries.update": (c) =>
        c.registries.update(1, {
            name: "r",
            credential_type: "basic",
            access_key: "a",
            access_secret: "s",
            insecure: true,
        }),
    "registries.delete": (c) => c.registries.delete(1),
    "registries.ping": (c) =>
        c.registries.ping({ id: 1, type: "harbor", url: "https://r", credential_type: "basic", ca_certificate: "pem" }),
    "replication.policies": (c) => c.replication.policies().toArray(),
    "replication.policy": (c) => c.replication.policy(1),
    "replication.createPolicy": (c) => c.replication.createPolicy(replication),
    "replication.updatePolicy": (c) => c.replication.updatePolicy({ ...replication, id: 1 }),
    "replication.deletePolicy": (c) => c.replication.deletePolicy(1),
    "replication.executions": (c) => c.replication.executions({ policyId: 1, status: "Succeed" }).toArray(),
    "replication.start": (c) => c.replication.start(1),
    "replication.execution": (c) => c.replication.execution(1),
    "replication.stop": (c) => c.replication.stop(1),
    "users.current": (c) => c.users.current(),
    "users.list": (c) => c.users.list().toArray(),
    "users.get": (c) => c.users.get(1),
    "users.create": (c) => c.users.create({ username: "u", password: "p", email: "e", realname: "r", comment: "c" }),
    "users.update": (c) => c.users.update(1, { email: "e", realname: "r", comment: "c" }),
    "users.setAdministrator": (c) => c.users.setAdministrator(1, true),
    "users.setPassword": (c) => c.users.setPassword(1, "new", "old"),
    "users.delete": (c) => c.users.delete(1),
    "labels.list": async (c) => [await c.labels.list().toArray(), await c.labels.list(1).toArray()],
    "labels.get": (c) => c.labels.get(1),
    "labels.create": (c) => c.labels.create(label),
    "labels.update": (c) => c.labels.update(1, label),
    "labels.delete": (c) => c.labels.delete(1),
    "scanners.list": (c) => c.scanners.list().toArray(),
    "scanners.get": (c) => c.scanners.get("u"),
    "scanners.create": (c) => c.scanners.create(scanner),
    "scanners.update": (c) => c.scanners.update("u", scanner),
    "scanners.makeDefault": (c) => c.scanners.makeDefault("u"),
    "scanners.delete": (c) => c.scanners.delete("u"),
    "scanners.ofProject": (c) => c.scanners.ofProject("p1"),
    "scanners.setOfProject": (c) => c.scanners.setOfProject("p1", "u"),
    "auditLogs.list": (c) => c.auditLogs.list("operation=create").toArray(),
    "cveAllowlist.get": (c) => c.cveAllowlist.get(),
    "cveAllowlist.replace": (c) => c.cveAllowlist.replace({ items: [{ cve_id: "CVE-2026-1" }], expires_at: 1 }),
};
