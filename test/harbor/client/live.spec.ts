import assert from "node:assert/strict";
import type { HarborClient } from "../../../harbor/client/client";
import { projectRoles } from "../../../harbor/client/members";
import type { TagRule } from "../../../harbor/client/tag-rules";
import { waitFor } from "../../../lib/wait";
import { contract, onlyReal } from "../contract/harbor";
import { image, push, sizeOf } from "../contract/images";
import { openLive, refusedAs } from "./live";

/** The client on whatever the contract suite runs on: its calls mean there what they say. */

const everywhere = { repository: [{ kind: "doublestar", decoration: "repoMatches", pattern: "**" }] } as const;
const rule = (action: string, template: string, params = {}): TagRule => ({
    disabled: false,
    action,
    template,
    params,
    tag_selectors: [{ kind: "doublestar", decoration: "matches", pattern: "v*" }],
    scope_selectors: everywhere,
});

contract("the client, through the life of a project", (harbor) => {
    let client: HarborClient;
    let name: string;
    let id: number;
    const first = image("first", 30_000);

    before(() => {
        client = openLive(harbor());
        name = harbor().name();
        harbor().afterwards(() => harbor().removeProject(name));
    });

    it("knows whom it talks to", async () => {
        await client.system.ping();
        assert.equal((await client.system.requireHealthy()).status, "healthy");
        assert.ok((await client.version()).major === 2);
        await client.requireSupported();
        assert.equal((await client.users.current()).username, "admin");
        assert.equal((await client.configurations.get()).read_only?.value, false);
    });

    it("makes the project, once", async () => {
        assert.equal(await client.projects.exists(name), false);
        id = await client.projects.create({ project_name: name, metadata: { public: "false" }, storage_limit: 1e6 });
        assert.equal(await client.projects.exists(name), true);
        const project = await client.projects.get(name);
        assert.deepEqual([project.project_id, project.repo_count, project.registry_id], [id, 0, 0]);
        assert.equal((await client.projects.get(id)).name, name);
        await refusedAs("conflict", client.projects.create({ project_name: name }));
        await refusedAs("invalid", client.projects.create({ project_name: "NOT-A-NAME" }));
        assert.deepEqual(
            (await client.projects.list({ name }).toArray()).map((found) => found.name),
            [name],
        );
        await client.projects.update(name, { metadata: { auto_scan: "true" } });
        assert.deepEqual((await client.projects.get(name)).metadata.auto_scan, "true");
    });

    it("has its quota changed", async () => {
        const quota = await client.quotas.ofProject(id);
        assert.ok(quota);
        assert.deepEqual([quota.hard.storage, quota.used.storage], [1e6, 0]);
        await client.quotas.setStorage(quota.id, 2e6);
        assert.equal((await client.quotas.get(quota.id)).hard.storage, 2e6);
        assert.equal((await client.projects.summary(name)).quota?.hard.storage, 2e6);
        await refusedAs("invalid", client.quotas.setStorage(quota.id, 0));
    });

    it("has a robot that pushes, under a secret that is renewed", async () => {
        const created = await client.robots.create({
            name: "ci",
            level: "project",
            duration: 30,
            permissions: [
                {
                    kind: "project",
                    namespace: name,
                    access: [
                        { resource: "repository", action: "pull" },
                        { resource: "repository", action: "push" },
                    ],
                },
            ],
        });
        await push(harbor().as({ user: created.name, password: created.secret }), `${name}/team/app`, "v1", first);
        const robot = await client.robots.get(created.id);
        assert.deepEqual([robot.name, robot.disable, robot.duration], [created.name, false, 30]);
        const listed = await client.robots.listOfProject(id).toArray();
        assert.deepEqual(
            listed.map((one) => one.id),
            [created.id],
        );
        const secret = await client.robots.refreshSecret(created.id);
        assert.notEqual(secret, created.secret);
        const asRobot = openLive(harbor(), created.name, secret);
        await refusedAs("precondition", asRobot.users.current());
        await refusedAs("forbidden", asRobot.configurations.get());
        await client.robots.update({ ...robot, duration: 60, disable: true });
        assert.equal((await client.robots.get(created.id)).disable, true);
        await refusedAs("invalid", client.robots.update({ ...robot, name: "ci" }));
        await refusedAs("conflict", client.robots.create({ ...robot, name: "ci" }));
        await client.robots.delete(created.id);
        await refusedAs("not-found", client.robots.get(created.id));
    });

    it("shows what was pushed, in a repository with a slash in its name", async () => {
        const repository = { project: name, repository: "team/app" };
        const artifact = { ...repository, reference: "v1" };
        const found = await client.repositories.list(name).toArray();
        assert.deepEqual(
            found.map((one) => one.name),
            [`${name}/team/app`],
        );
        assert.equal((await client.repositories.get(repository)).artifact_count, 1);
        const [listed] = await client.artifacts.list(repository).toArray();
        assert.deepEqual([listed?.digest, listed?.size], [first.manifest.digest, sizeOf(first)]);
        await client.artifacts.createTag(artifact, "v2");
        await refusedAs("conflict", client.artifacts.createTag(artifact, "v2"));
        const tags = (await client.artifacts.tags(artifact).toArray()).map((tag) => tag.name);
        assert.deepEqual(tags.sort(), ["v1", "v2"]);
        assert.deepEqual(await client.artifacts.accessories(artifact).toArray(), []);
        await client.artifacts.deleteTag(artifact, "v2");
        await refusedAs("not-found", client.artifacts.get({ ...artifact, reference: "v2" }));
    });

    onlyReal("the stand-in copies no artifacts", "copies what was pushed", harbor, async () => {
        const copy = { project: name, repository: "copied" };
        await client.artifacts.copy({ project: name, repository: "team/app", reference: "v1" }, copy);
        const [copied] = await client.artifacts.list(copy).toArray();
        assert.deepEqual([copied?.digest, copied?.tags[0]?.name], [first.manifest.digest, "v1"]);
        await client.artifacts.delete({ ...copy, reference: first.manifest.digest });
    });

    it("keeps and protects tags by rules", async () => {
        const policy = {
            algorithm: "or",
            rules: [rule("retain", "latestPushedK", { latestPushedK: 3 })],
            trigger: { kind: "Schedule", settings: { cron: "" } },
            scope: { level: "project", ref: id },
        } as const;
        const retention = await client.retentions.create(policy);
        assert.equal((await client.projects.get(name)).metadata.retention_id, String(retention));
        await refusedAs("invalid", client.retentions.create(policy));
        const read = await client.retentions.get(retention);
        assert.equal(read?.rules[0]?.disabled, false);
        await client.retentions.update({ ...read, trigger: { kind: "Schedule", settings: { cron: "0 0 2 * * *" } } });
        assert.equal((await client.retentions.get(retention))?.trigger.settings.cron, "0 0 2 * * *");
        await client.retentions.start(retention, true);
        const [execution] = await client.retentions.executions(retention).toArray();
        assert.deepEqual([execution?.dry_run, execution?.trigger], [true, "MANUAL"]);
        await waitFor(
            async () => {
                const [{ status } = { status: "" }] = await client.retentions.executions(retention).toArray();
                return status === "Success" ? status : undefined;
            },
            { what: "the trial of retention to end", timeoutMs: 50_000, intervalMs: 500 },
        );
        await client.retentions.delete(retention);
        assert.equal(await client.retentions.get(retention), undefined);
        const immutable = await client.immutability.create(name, rule("immutable", "immutable_template"));
        const [kept] = await client.immutability.list(name).toArray();
        assert.equal(kept?.id, immutable);
        await client.immutability.update(name, { ...kept, disabled: true });
        assert.equal((await client.immutability.list(name).toArray())[0]?.disabled, true);
        await client.immutability.delete(name, immutable);
    });

    it("has members, labels and webhooks", async () => {
        const { user } = await harbor().user();
        const member = await client.members.create(name, {
            role_id: projectRoles.guest,
            member_user: { username: user },
        });
        await client.members.setRole(name, member, projectRoles.developer);
        const members = await client.members.list(name).toArray();
        assert.equal(members.find((one) => one.id === member)?.role_id, projectRoles.developer);
        await client.members.delete(name, member);

        const label = await client.labels.create({ name: "tested", scope: "p", project_id: id });
        await client.labels.update(label, { name: "released", scope: "p", project_id: id });
        assert.equal((await client.labels.get(label)).name, "released");
        assert.equal(await client.labels.list(id).total(), 1);
        await client.labels.delete(label);

        assert.ok((await client.webhooks.events(name)).event_type.includes("PUSH_ARTIFACT"));
        const webhook = await client.webhooks.create(name, {
            name: "builds",
            enabled: true,
            event_types: ["PUSH_ARTIFACT"],
            targets: [{ type: "http", address: "http://127.0.0.1:9/", skip_cert_verify: false }],
        });
        const policy = await client.webhooks.get(name, webhook);
        await client.webhooks.update(name, { ...policy, enabled: false });
        assert.deepEqual((await client.webhooks.list(name).toArray())[0]?.enabled, false);
        await client.webhooks.delete(name, webhook);
    });

    it("is told of in the audit log", async () => {
        const made = `resource_type=project,operation=create,resource=${name}`;
        const [entry] = await client.auditLogs.list(made).toArray();
        assert.deepEqual([entry?.username, entry?.operation_result], ["admin", true]);
    });

    it("is deleted after its repositories", async () => {
        assert.equal((await client.projects.deletable(name)).deletable, false);
        await refusedAs("precondition", client.projects.delete(name));
        for (const repository of await client.repositories.list(name).toArray()) {
            await client.repositories.delete({ project: name, repository: repository.name.slice(name.length + 1) });
        }
        assert.equal((await client.projects.deletable(name)).deletable, true);
        await client.projects.delete(name);
        await refusedAs("not-found", client.projects.get(name));
        await refusedAs("not-found", client.projects.delete(name));
    });
});
