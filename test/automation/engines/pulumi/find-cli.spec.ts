import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { findPulumiCli } from "../../../../automation/engines/pulumi/find-cli";
import { UserError } from "../../../../lib/errors";
import { ExecFailure, type Exec } from "../../../../lib/exec";

describe("search for the pulumi CLI", () => {
    let root: string;

    beforeEach(async () => {
        root = await mkdtemp(path.join(tmpdir(), "find-cli-"));
    });

    afterEach(async () => {
        await rm(root, { recursive: true, force: true });
    });

    /** An executable file; the fake exec below answers for it. */
    async function cli(folder: string): Promise<string> {
        const file = path.join(root, folder, "pulumi");
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, "");
        await chmod(file, 0o755);
        return file;
    }

    function execWith(versions: Readonly<Record<string, string>>): Exec {
        return (file, args) => {
            assert.deepEqual(args, ["version"]);
            const version = versions[path.relative(root, file)];
            if (version === undefined) throw new ExecFailure(`${file} is broken`, file, 1, "", "", undefined, {});
            return Promise.resolve({ stdout: `${version}\n`, stderr: "" });
        };
    }

    function search(env: NodeJS.ProcessEnv, versions: Readonly<Record<string, string>>) {
        return findPulumiCli({ exec: execWith(versions), env, home: path.join(root, "home") });
    }

    it("takes the first usable one on PATH", async () => {
        await cli("a");
        const good = await cli("b");
        await cli("home/.pulumi/bin");
        const found = await search(
            { PATH: ["relative", path.join(root, "a"), path.join(root, "b")].join(path.delimiter) },
            { "a/pulumi": "v3.100.0", "b/pulumi": "v3.259.0" },
        );
        assert.deepEqual(found.cli, { path: good, version: "3.259.0" });
        assert.match(found.rejected.join(), /a\/pulumi is version 3\.100\.0, and 3\.241\.0 or newer is needed/);
    });

    it("looks into the user's Pulumi home", async () => {
        const file = await cli("home/.pulumi/bin");
        const found = await search({ PATH: "" }, { "home/.pulumi/bin/pulumi": "v3.241.0" });
        assert.deepEqual(found, { cli: { path: file, version: "3.241.0" }, rejected: [] });
    });

    it("takes the newest of the versions that the npm package or the Automation API installed", async () => {
        await cli("elsewhere/versions/3.250.0/bin");
        const file = await cli("elsewhere/versions/3.265.0/bin");
        await cli("elsewhere/versions/not-a-version/bin");
        const found = await search(
            { PULUMI_HOME: path.join(root, "elsewhere") },
            { "elsewhere/versions/3.265.0/bin/pulumi": "v3.265.0" },
        );
        assert.equal(found.cli?.path, file);
    });

    it("does not run the npm package's script, which would download", async () => {
        const script = await cli("lib/node_modules/pulumi");
        await mkdir(path.join(root, "bin"));
        await symlink(script, path.join(root, "bin", "pulumi"));
        assert.deepEqual(await search({ PATH: path.join(root, "bin") }, {}), { rejected: [] });
    });

    it("says why a broken one is left out", async () => {
        await cli("a");
        const found = await search({ PATH: path.join(root, "a") }, {});
        assert.deepEqual(found, { rejected: [`${path.join(root, "a", "pulumi")} is broken`] });
    });

    it("takes what ANCHORAGE_PULUMI names, and nothing else", async () => {
        const file = await cli("mine");
        await cli("a");
        const env = { ANCHORAGE_PULUMI: file, PATH: path.join(root, "a") };
        assert.equal((await search(env, { "mine/pulumi": "v3.260.0" })).cli?.path, file);
        await assert.rejects(
            search(env, { "mine/pulumi": "v3.1.0", "a/pulumi": "v3.260.0" }),
            (error) => error instanceof UserError && error.exitCode === 2 && error.message.includes("3.1.0"),
        );
    });

    it("leaves the version to the user who turns the SDK's check off", async () => {
        await cli("a");
        const env = { PATH: path.join(root, "a"), PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK: "true" };
        assert.equal((await search(env, { "a/pulumi": "v3.100.0" })).cli?.version, "3.100.0");
    });
});
