import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { chmod, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { exec } from "../../lib/exec";
import { projectRoot } from "../../lib/home";
import { Runner, type Ran } from "../support/pipelines";

const script = path.join(projectRoot, "pipelines", "install-tools.sh");
const sha256 = (content: Buffer): string => createHash("sha256").update(content).digest("hex");

describe("install-tools.sh", function () {
    this.timeout(60_000);

    let runner: Runner;
    let server: Server;
    let base: string;
    let version: string;
    const files = new Map<string, Buffer>();
    const asked: string[] = [];

    before(async () => {
        const { dependencies } = JSON.parse(await readFile(path.join(projectRoot, "package.json"), "utf8")) as {
            dependencies: Record<string, string>;
        };
        version = dependencies["@pulumi/pulumi"] ?? "";
        server = createServer(({ url = "" }, response) => {
            asked.push(url);
            const content = files.get(url);
            response.writeHead(content === undefined ? 404 : 200).end(content);
        });
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    });
    after(() => {
        server.closeAllConnections();
        server.close();
    });

    /** For this machine, and the name that its archive has. */
    const arch = process.arch === "arm64" ? "arm64" : "x64";
    const archive = (): string => `pulumi-v${version}-${process.platform}-${arch}.tar.gz`;
    const kubectl = `/v1.2.3/bin/${process.platform}/${arch === "x64" ? "amd64" : "arm64"}/kubectl`;

    beforeEach(async () => {
        runner = await Runner.open();
        asked.length = 0;
        files.clear();
        const source = path.join(runner.folder, "source");
        await mkdir(path.join(source, "pulumi"), { recursive: true });
        await writeFile(path.join(source, "pulumi", "pulumi"), "#!/bin/sh\necho pulumi of the test\n");
        await chmod(path.join(source, "pulumi", "pulumi"), 0o755);
        await exec("tar", ["-czf", path.join(source, "archive"), "-C", source, "pulumi"]);
        const content = await readFile(path.join(source, "archive"));
        files.set(`/${archive()}`, content);
        files.set(`/pulumi-${version}-checksums.txt`, Buffer.from(`${sha256(content)}  ${archive()}\n`));
        const program = Buffer.from("#!/bin/sh\necho kubectl of the test\n");
        files.set(kubectl, program);
        files.set(`${kubectl}.sha256`, Buffer.from(sha256(program)));
        // A machine without a kubectl of its own.
        const shims = path.join(runner.folder, "shims");
        const needed =
            "bash,cat,uname,mkdir,mktemp,rm,sed,awk,head,cut,curl,mv,cp,chmod,find,tar,gzip,sha256sum,dirname";
        for (const name of needed.split(",")) {
            const { stdout } = await exec("bash", ["-c", `command -v ${name}`]);
            await symlink(stdout.trim(), path.join(shims, name));
        }
    });
    afterEach(() => runner.close());

    const install = (env: Record<string, string> = {}): Promise<Ran> =>
        runner.run(
            `tools=$("${script}" "$PWD/tools")\necho "$tools"\n"$tools/pulumi"`,
            { PULUMI_DOWNLOADS: base, KUBECTL_DOWNLOADS: base, KUBECTL_VERSION: "1.2.3", ...env },
            true,
        );

    it("has the pulumi of package.json and a kubectl, and prints their folder alone", async () => {
        const ran = await install();
        assert.equal(ran.code, 0, ran.stderr);
        assert.equal(ran.stdout, `${path.join(runner.folder, "tools", "bin")}\npulumi of the test\n`);
        assert.match(ran.stderr, new RegExp(`pulumi ${version}\nkubectl v1.2.3\n`));
        assert.deepEqual((await readdir(path.join(runner.folder, "tools", "bin"))).sort(), ["kubectl", "pulumi"]);
    });

    it("leaves a kubectl that is there", async () => {
        await runner.shim("kubectl", "");
        assert.equal((await install()).code, 0);
        assert.deepEqual(await readdir(path.join(runner.folder, "tools", "bin")), ["pulumi"]);
        assert.ok(!asked.some((url) => url.includes("kubectl")));
    });

    it("keeps archives between runs, compares them each time, and drops those of other versions", async () => {
        await install();
        await writeFile(path.join(runner.folder, "tools", "pulumi-v1.0.0-linux-x64.tar.gz"), "old");
        asked.length = 0;
        assert.equal((await install()).code, 0);
        assert.ok(!asked.includes(`/${archive()}`), asked.join());
        await writeFile(path.join(runner.folder, "tools", archive()), "another");
        assert.equal((await install()).code, 0);
        assert.ok(asked.includes(`/${archive()}`));
        const kept = await readdir(path.join(runner.folder, "tools"));
        assert.deepEqual(
            kept.filter((name) => name.startsWith("pulumi-v")),
            [archive()],
        );
    });

    const wrong: readonly (readonly [string, () => void, RegExp])[] = [
        [
            "an archive that is not the published one",
            () => files.set(`/${archive()}`, Buffer.from("another")),
            /has the checksum .* and its maker publishes .*\n.*next: /,
        ],
        [
            "checksums without the archive",
            () => files.set(`/pulumi-${version}-checksums.txt`, Buffer.from("")),
            /has no checksum of pulumi-v/,
        ],
        [
            "no checksums",
            () => files.delete(`/pulumi-${version}-checksums.txt`),
            /cannot be downloaded\n.*name a mirror/,
        ],
        ["a kubectl that is not the published one", () => files.set(kubectl, Buffer.from("x")), /has the checksum/],
        ["a checksum that is none", () => files.set(`${kubectl}.sha256`, Buffer.from("<html>")), /is no checksum/],
    ];
    for (const [name, prepare, message] of wrong) {
        it(`takes nothing: ${name}`, async () => {
            prepare();
            const ran = await install();
            assert.notEqual(ran.code, 0);
            assert.match(ran.stderr, message);
            assert.ok(!ran.stdout.includes("pulumi of the test"));
        });
    }
});
