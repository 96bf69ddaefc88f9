import assert from "node:assert/strict";
import { contract, type TestProject } from "./harbor";
import { image, push, Repository, sizeOf } from "./images";
import { waitFor } from "../../../lib/wait";

contract("quotas", (harbor) => {
    const quotaOf = async ({ id }: TestProject): Promise<{ id: number; hard: number; used: number }> => {
        const { list } = await harbor().admin.get("/quotas", { reference: "project", reference_id: id });
        const [quota] = list as unknown as [{ id: number; hard: { storage: number }; used: { storage: number } }];
        return { id: quota.id, hard: quota.hard.storage, used: quota.used.storage };
    };

    it("are one a project, found by its number, without a limit where none was given", async () => {
        const { admin } = harbor();
        const free = await harbor().project();
        const limited = await harbor().project({ storage_limit: 1_048_576 });
        assert.deepEqual({ ...(await quotaOf(free)), id: 0 }, { id: 0, hard: -1, used: 0 });
        const quota = await quotaOf(limited);
        assert.equal(quota.hard, 1_048_576);
        (await admin.get(`/quotas/${quota.id}`)).has({
            id: quota.id,
            ref: { id: limited.id, name: limited.name, owner_name: "" },
            hard: { storage: 1_048_576 },
            used: { storage: 0 },
        });
    });

    it("change by PUT, to no limit, and to less than is used", async () => {
        const { admin } = harbor();
        const project = await harbor().project({ storage_limit: 5_000_000 });
        const { id } = await quotaOf(project);
        await push(admin, `${project.name}/app`, "1", image("used"));
        for (const storage of [7_000_000, 1, -1]) {
            (await admin.put(`/quotas/${id}`, { hard: { storage } })).isEmpty(200);
            assert.equal((await quotaOf(project)).hard, storage);
        }
    });

    it("refuse no space at all, other resources, and a number that there is not", async () => {
        const { admin, anonymous } = harbor();
        const { id } = await quotaOf(await harbor().project());
        (await admin.put(`/quotas/${id}`, { hard: { storage: 0 } })).fails(400, "BAD_REQUEST");
        (await admin.put(`/quotas/${id}`, { hard: { storage: -2 } })).fails(400, "BAD_REQUEST");
        (await admin.put(`/quotas/${id}`, { hard: { storage: 5, count: 5 } })).fails(400, "BAD_REQUEST", /count/);
        (await admin.put("/quotas/999999999", { hard: { storage: 5 } })).fails(404, "NOT_FOUND");
        (await anonymous.put(`/quotas/${id}`, { hard: { storage: 5 } })).fails(401, "UNAUTHORIZED");
        const user = harbor().as(await harbor().user());
        (await user.get("/quotas")).fails(403, "FORBIDDEN");
    });

    it("count what was pushed, a blob once however many images have it", async () => {
        const { admin } = harbor();
        const project = await harbor().project();
        const first = image("first", 50_000);
        await push(admin, `${project.name}/app`, "1", first);
        assert.equal((await quotaOf(project)).used, sizeOf(first));
        await push(admin, `${project.name}/app`, "2", first);
        assert.equal((await quotaOf(project)).used, sizeOf(first));
        const second = image("second", 70_000);
        await push(admin, `${project.name}/other`, "1", second);
        assert.equal((await quotaOf(project)).used, sizeOf(first) + sizeOf(second));
        (await admin.delete(`/projects/${project.name}/repositories/other`)).is(200);
        await waitFor(async () => ((await quotaOf(project)).used === sizeOf(first) ? true : undefined), {
            what: "the quota to give back what the deleted image took",
            timeoutMs: 20_000,
        });
    });

    it("refuse a push that does not fit, at its blob, and nothing is used", async () => {
        const { admin } = harbor();
        const project = await harbor().project({ storage_limit: 20_000 });
        const large = image("large", 50_000);
        const [layer] = large.layers;
        assert.ok(layer);
        const target = await Repository.open(admin, `${project.name}/app`, "pull,push");
        const refused = await target.putBlob(layer);
        refused.fails(403, "DENIED", /exceed the configured upper limit/);
        assert.equal((await quotaOf(project)).used, 0);
        await push(admin, `${project.name}/app`, "1", image("small", 10_000));
    });
});
