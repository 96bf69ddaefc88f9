import assert from "node:assert/strict";
import { contract, type TestProject } from "./harbor";
import { image, push, Repository } from "./images";

contract("immutable tags", (harbor) => {
    const rules = ({ name }: TestProject): string => `/projects/${name}/immutabletagrules`;
    const rule = (pattern: string): Record<string, unknown> => ({
        disabled: false,
        action: "immutable",
        template: "immutable_template",
        priority: 0,
        params: {},
        tag_selectors: [{ kind: "doublestar", decoration: "matches", pattern }],
        scope_selectors: { repository: [{ kind: "doublestar", decoration: "repoMatches", pattern: "**" }] },
    });

    it("are rules of a project, each once", async () => {
        const { admin } = harbor();
        const project = await harbor().project();
        const created = (await admin.post(rules(project), rule("v*"))).is(201);
        assert.match(created.header("location") ?? "", /^\/api\/v2\.0\/projects\/.*immutabletagrules\/\d+$/);
        (await admin.post(rules(project), rule("v*"))).fails(409, "CONFLICT");
        (await admin.get(rules(project))).has([{ id: created.id, tag_selectors: [{ pattern: "v*" }] }]);
        const path = `${rules(project)}/${created.id}`;
        (await admin.put(path, { ...rule("release-*"), id: created.id })).isEmpty(200);
        (await admin.get(rules(project))).has([{ tag_selectors: [{ pattern: "release-*" }] }]);
        (await admin.delete(path)).isEmpty(200);
        (await admin.get(rules(project))).has([]);
    });

    it("can be neither overwritten nor deleted, others can", async () => {
        const { admin } = harbor();
        const project = await harbor().project();
        const repository = `${project.name}/app`;
        await push(admin, repository, "v1", image("first"));
        (await admin.post(rules(project), rule("v*"))).is(201);
        const other = image("second");
        const target = await Repository.open(admin, repository, "pull,push");
        for (const one of [other.config, ...other.layers]) (await target.putBlob(one)).is(201);
        (await target.putManifest("v1", other.manifest)).fails(412, "PRECONDITION");
        (await target.putManifest("latest", other.manifest)).is(201);
        const path = `/projects/${project.name}/repositories/app/artifacts`;
        (await admin.delete(`${path}/v1/tags/v1`)).fails(412, "PRECONDITION");
        (await admin.delete(`${path}/v1`)).fails(412, "PRECONDITION");
        (await admin.delete(`${path}/latest/tags/latest`)).isEmpty(200);
        const tags = (await admin.get(`${path}/v1/tags`, { with_immutable_status: true })).list;
        assert.deepEqual(
            tags.map((tag) => [tag["name"], tag["immutable"]]),
            [["v1", true]],
        );
    });
});
