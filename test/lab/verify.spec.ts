import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { openHarbor } from "../../harbor/client/client";
import { RegistryClient } from "../../harbor/registry/registry-client";
import { smallImage } from "../../harbor/registry/image";
import { verifyTarget } from "../../automation/verify";
import type { Target } from "../../automation/verify/target";
import { projectPrefix, type Verification } from "../../automation/verify/verification";
import { UserError } from "../../lib/errors";
import { collectingReporter, sampleOutputs } from "../support/fakes";
import { TestHarbor, adminPassword } from "../support/stand-in";
import { testRegistry } from "../support/stand-in-registry";

/** verify on the stand-in for Harbor, in front of a real distribution registry on a real bucket. */
describe("verify on the lab's stand-in", function () {
    this.timeout(60_000);
    let harbor: TestHarbor;

    before(async function () {
        this.timeout(20 * 60_000); // where the registry has to be built
        harbor = await TestHarbor.start({ registry: await testRegistry() });
    });

    const target = (): Target => ({
        outputs: sampleOutputs,
        url: harbor.url,
        user: "admin",
        password: adminPassword,
        withoutEntry: "only Harbor's core stands in",
    });
    const door = (): Verification["door"] => ({
        exec: (file) => Promise.reject(Object.assign(new Error(`no ${file} here`), { code: "ENOENT" })),
        env: {},
        kubectl: "kubectl",
        signal: new AbortController().signal,
    });

    it("comes through, and leaves nothing behind", async () => {
        const { reporter } = collectingReporter();
        const result = await verifyTarget(target(), door(), { reporter, signal: new AbortController().signal });
        assert.equal(result.error, undefined, result.error instanceof UserError ? result.error.render() : "");
        const states = Object.fromEntries(
            result.records.filter(({ kind }) => kind === "step").map(({ id, state }) => [id, state]),
        );
        assert.deepEqual(states, {
            certificate: "skipped",
            redirect: "skipped",
            portal: "skipped",
            health: "done",
            login: "done",
            "left-over": "done",
            project: "done",
            push: "done",
            pull: "done",
            tags: "done",
            scan: "skipped",
            trust: "done",
            sign: "skipped",
            signed: "skipped",
            metrics: "skipped",
            "rate-limit": "skipped",
        });
        const { client, close } = openHarbor({ url: harbor.url, user: "admin", password: adminPassword });
        assert.deepEqual(await client.projects.list({ name: projectPrefix }).toArray(), []);
        await close();
        assert.deepEqual(harbor.log, []);
    });

    it("is interrupted while it works, and leaves nothing behind either", async () => {
        const interrupt = new AbortController();
        const reason = new UserError("interrupted");
        const { reporter } = collectingReporter();
        const tapped = {
            ...reporter,
            step: <T>(title: string, work: (update: (detail: string) => void) => Promise<T>): Promise<T> => {
                if (title.startsWith("pull")) interrupt.abort(reason);
                return reporter.step(title, work);
            },
        };
        const result = await verifyTarget(
            target(),
            { ...door(), signal: interrupt.signal },
            { reporter: tapped, signal: interrupt.signal },
        );
        assert.equal(result.error, reason);
        assert.equal(result.interrupted, true);
        const { client, close } = openHarbor({ url: harbor.url, user: "admin", password: adminPassword });
        assert.deepEqual(await client.projects.list({ name: projectPrefix }).toArray(), []);
        await close();
    });

    it("says in read-only mode that nothing can be pushed", async () => {
        const { client, close } = openHarbor({ url: harbor.url, user: "admin", password: adminPassword });
        await client.configurations.setReadOnly(true);
        try {
            const { reporter } = collectingReporter();
            const result = await verifyTarget(target(), door(), { reporter, signal: new AbortController().signal });
            assert.ok(result.error instanceof UserError);
            assert.equal(result.error.message, "the registry is in read-only mode: nothing can be pushed");
        } finally {
            await client.configurations.setReadOnly(false);
            await close();
        }
    });

    it("names a wrong password", async () => {
        const { reporter } = collectingReporter();
        const wrongPassword = `wrong-${randomBytes(4).toString("hex")}`;
        const result = await verifyTarget({ ...target(), password: wrongPassword }, door(), {
            reporter,
            signal: new AbortController().signal,
        });
        assert.ok(result.error instanceof UserError);
        assert.match(result.error.render(), /user "admin": the password is wrong/);
        assert.ok(!result.error.render().includes(wrongPassword));
    });

    it("pushes and pulls as a robot does", async () => {
        const { client, close } = openHarbor({ url: harbor.url, user: "admin", password: adminPassword });
        const project = `robots-${randomBytes(3).toString("hex")}`;
        await client.projects.create({ project_name: project });
        const robot = await client.robots.create({
            name: "ci",
            level: "project",
            duration: -1,
            permissions: [
                {
                    kind: "project",
                    namespace: project,
                    access: [
                        { resource: "repository", action: "pull" },
                        { resource: "repository", action: "push" },
                    ],
                },
            ],
        });
        const registry = new RegistryClient({ url: harbor.url, user: robot.name, password: robot.secret });
        const image = smallImage("by a robot");
        const digest = await registry.push(`${project}/deep/er`, "v1", image);
        assert.ok((await registry.pullManifest(`${project}/deep/er`, digest)).equals(image.manifest));
        await registry.close();
        const artifact = await client.artifacts.get({ project, repository: "deep/er", reference: "v1" });
        assert.equal(artifact.digest, digest);
        await client.repositories.delete({ project, repository: "deep/er" });
        await client.projects.delete(project);
        await close();
    });
});
