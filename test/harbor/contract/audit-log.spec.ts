import assert from "node:assert/strict";
import { waitFor } from "../../../lib/wait";
import { contract } from "./harbor";
import { image, pull, push } from "./images";

contract("the audit log", (harbor) => {
    /** What it says of a project: "operation resource_type resource", oldest first, as soon as it says `last`. */
    const told = (project: string, last: string): Promise<readonly string[]> =>
        waitFor(
            async () => {
                const { list } = (
                    await harbor().admin.get(`/projects/${project}/auditlog-exts`, { page_size: 100, sort: "id" })
                ).is(200);
                const lines = list.map(
                    ({ operation, resource_type, resource }) =>
                        `${String(operation)} ${String(resource_type)} ${String(resource)}`,
                );
                return lines.some((line) => line === last) ? lines : undefined;
            },
            { what: `the audit log to say "${last}"`, timeoutMs: 20_000, intervalMs: 200 },
        );

    it("tells each push, pull and deletion of a project, with who did it", async () => {
        const { admin } = harbor();
        const project = await harbor().project();
        const robot = await harbor().robot(project, ["pull", "push"]);
        const app = `${project.name}/app`;
        const [first, second] = [image("first"), image("second")];
        const { digest } = first.manifest;
        await push(harbor().as(robot), app, "1", first);
        await told(project.name, `create artifact ${app}:1`);
        await pull(harbor().as(robot), app, "1", first);
        await told(project.name, `pull artifact ${app}:1`);
        await push(admin, app, second.manifest.digest, second);
        await told(project.name, `create artifact ${app}@${second.manifest.digest}`);
        const artifacts = `/projects/${project.name}/repositories/app/artifacts`;
        (await admin.post(`${artifacts}/1/tags`, { name: "stable" })).is(201);
        await told(project.name, `create tag ${app}:stable`);
        (await admin.delete(`${artifacts}/${digest}/tags/stable`)).is(200);
        await told(project.name, `delete tag ${app}:stable`);
        (await admin.delete(`${artifacts}/${digest}`)).is(200);
        await told(project.name, `delete artifact ${app}@${digest}`);
        (await admin.delete(`/projects/${project.name}/repositories/app`)).is(200);
        const all = await told(project.name, `delete repository ${app}`);
        assert.deepEqual(
            all.filter((line) => !line.includes(" robot ")).sort(),
            [
                `create project ${project.name}`,
                `create artifact ${app}:1`,
                `pull artifact ${app}:1`,
                `create artifact ${app}@${second.manifest.digest}`,
                `create tag ${app}:stable`,
                `delete tag ${app}:stable`,
                `delete artifact ${app}@${digest}`,
                `delete artifact ${app}@${second.manifest.digest}`,
                `delete repository ${app}`,
            ].sort(),
        );
        assert.ok(
            all.some((line) => line.startsWith("create robot ")),
            all.join("\n"),
        );
        const pushes = await admin.get(`/projects/${project.name}/auditlog-exts`, {
            q: `operation=create,resource_type=artifact,username=${encodeURIComponent(robot.user)}`,
        });
        pushes.is(200);
        assert.deepEqual(
            pushes.list.map(({ resource, username, operation_result, operation_description }) => [
                resource,
                username,
                operation_result,
                operation_description,
            ]),
            [[`${app}:1`, robot.user, true, `push artifact: ${app}@${digest}`]],
        );
        assert.match(String(pushes.list[0]?.["op_time"]), /^20\d\d-.*Z$/);
    });

    it("keeps what it knew of a project that is gone, for the administrator alone", async () => {
        const { admin, anonymous } = harbor();
        const { name } = await harbor().project();
        (await admin.delete(`/projects/${name}`)).is(200);
        const entries = await waitFor(
            async () => {
                const { list } = (await admin.get("/auditlog-exts", { q: `resource=${name}`, sort: "id" })).is(200);
                return list.length < 2 ? undefined : list;
            },
            { what: "the deletion to be told", timeoutMs: 20_000, intervalMs: 200 },
        );
        assert.deepEqual(
            entries.map(({ operation, username }) => [operation, username]),
            [
                ["create", "admin"],
                ["delete", "admin"],
            ],
        );
        (await admin.get(`/projects/${name}/auditlog-exts`)).fails(404, "NOT_FOUND");
        (await anonymous.get("/auditlog-exts")).fails(401, "UNAUTHORIZED", /^/);
        const user = harbor().as(await harbor().user());
        assert.deepEqual((await user.get("/auditlog-exts")).is(200).list, [], "of no project of theirs");
        const [newest] = (await admin.get("/auditlog-exts", { page_size: 1 })).is(200).list;
        assert.equal(typeof newest?.["id"], "number");
    });
});
