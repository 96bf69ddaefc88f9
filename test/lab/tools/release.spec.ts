import assert from "node:assert/strict";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../../lib/errors";
import { exec } from "../../../lib/exec";
import type { ReleaseFile } from "../../../lab/tools/catalogue";
import { addressOf, findChecksum } from "../../../lab/tools/release";
import { resolveTools, type ResolveOptions } from "../../../lab/tools/resolver";
import { releaseServer, type Route, sha256, ToolBench } from "../../support/lab-tools";

const alpha = "#!/bin/sh\necho released alpha\n";
const archiveUrl = "https://releases.example/v1/tiny.tar.gz";
const release: readonly ReleaseFile[] = [
    {
        url: "https://releases.example/v1/alpha",
        checksumUrl: "https://releases.example/v1/alpha.sha256",
        holds: "alpha",
    },
    {
        url: archiveUrl,
        checksumUrl: "https://releases.example/v1/SHA256SUMS",
        holds: { "beta-two": "tiny/bin/beta-two" },
    },
];

describe("lab tools from a release", () => {
    let bench: ToolBench;
    let archive: Buffer;
    let routes: Record<string, Route>;
    let server: Awaited<ReturnType<typeof releaseServer>>;

    beforeEach(async () => {
        bench = await ToolBench.make();
        archive = await makeArchive(bench.folder);
        routes = {
            "/releases.example/v1/alpha": alpha,
            "/releases.example/v1/alpha.sha256": sha256(alpha),
            "/releases.example/v1/tiny.tar.gz": archive,
            "/releases.example/v1/SHA256SUMS": `${sha256("x")}  other.tar.gz\n${sha256(archive)} *tiny.tar.gz\n`,
        };
        server = await releaseServer(routes);
    });

    afterEach(async () => {
        await server.stop();
        await bench.remove();
    });

    const options = (more: Partial<ResolveOptions> = {}): ResolveOptions =>
        bench.options({
            catalogue: [bench.entry(release)],
            env: { PATH: bench.programs, ANCHORAGE_RELEASES: `${server.url}/` },
            connectTimeoutMs: 1_000,
            stallTimeoutMs: 500,
            ...more,
        });

    it("come from the mirror, checked, and next time from the cache", async () => {
        const found = await resolveTools(["kwok"], options());
        assert.deepEqual(
            found.map(({ name, source, version }) => ({ name, source, version })),
            [
                { name: "alpha", source: "release", version: "v1.2.3" },
                { name: "beta-two", source: "release", version: "v1.2.3" },
            ],
        );
        const [first, second] = found;
        assert.equal((await exec(first?.file ?? "", [])).stdout, "released alpha");
        assert.equal((await exec(second?.file ?? "", [])).stdout, "released beta");
        assert.deepEqual((await readdir(path.dirname(first?.file ?? ""))).sort(), ["alpha", "beta-two", "tool.json"]);
        assert.deepEqual(await readdir(path.join(bench.cache, "kwok")), [
            path.basename(path.dirname(first?.file ?? "")),
        ]);
        const asked = server.asked.length;
        const again = await resolveTools(["kwok"], options());
        assert.deepEqual(
            again,
            found.map((binary) => ({ ...binary, source: "cache" })),
        );
        assert.equal(server.asked.length, asked);
    });

    it("with a wrong checksum are an error with both digests, and nothing is built instead or kept", async () => {
        routes["/releases.example/v1/tiny.tar.gz"] = Buffer.concat([archive, Buffer.from("more")]);
        await bench.goThatBuilds();
        await assert.rejects(resolveTools(["kwok"], options()), (error) => {
            assert.ok(error instanceof UserError);
            assert.match(error.message, /tiny\.tar\.gz is not what its publisher says/);
            assert.deepEqual(error.details, [
                `published: ${sha256(archive)}`,
                `downloaded: ${sha256(Buffer.concat([archive, Buffer.from("more")]))}`,
            ]);
            return true;
        });
        assert.deepEqual(await readdir(path.join(bench.cache, "kwok")), []);
        await assert.rejects(readFile(bench.builds), { code: "ENOENT" });
    });

    const unavailable: Record<string, { break: () => void; reason: RegExp }> = {
        "that is not there": {
            break: () => delete routes["/releases.example/v1/alpha"],
            reason: /v1\/alpha: HTTP 404/,
        },
        "whose checksum file does not name it": {
            break: () => (routes["/releases.example/v1/SHA256SUMS"] = `${sha256(archive)}  other.tar.gz\n`),
            reason: /no SHA-256 digest of tiny\.tar\.gz/,
        },
        "that is cut off": {
            break: () =>
                (routes["/releases.example/v1/tiny.tar.gz"] = (_, response) => {
                    response.writeHead(200, { "content-length": String(archive.length) });
                    response.write(archive.subarray(0, 20), () => response.destroy());
                }),
            reason: /tiny\.tar\.gz: (UND_ERR_SOCKET|ECONNRESET|other side closed|terminated)/,
        },
        "that stalls": {
            break: () =>
                (routes["/releases.example/v1/tiny.tar.gz"] = (_, response) => {
                    response.write(archive.subarray(0, 20));
                }),
            reason: /nothing more within 500 ms/,
        },
    };
    for (const [name, { break: breakIt, reason }] of Object.entries(unavailable)) {
        it(`${name} are built, and the reason is told`, async () => {
            breakIt();
            await bench.goThatBuilds();
            const found = await resolveTools(["kwok"], options());
            assert.deepEqual(
                found.map(({ source }) => source),
                ["build", "build"],
            );
            assert.match(bench.progress.find(({ phase }) => phase === "building")?.detail ?? "", reason);
        });
    }

    it("from a server that does not answer are built, and no other release is asked for in that run", async () => {
        routes["/releases.example/v1/alpha.sha256"] = () => undefined;
        await bench.goThatBuilds();
        const catalogue = [bench.entry(release, "etcd"), bench.entry(release, "kwok")];
        const found = await resolveTools(["kwok", "etcd"], options({ catalogue, connectTimeoutMs: 200 }));
        assert.deepEqual(
            found.map(({ tool, source }) => `${tool} ${source}`),
            ["etcd build", "etcd build", "kwok build", "kwok build"],
        );
        assert.deepEqual(server.asked, ["/releases.example/v1/alpha.sha256"]);
    });

    it("are not asked for when they are switched off", async () => {
        await bench.goThatBuilds();
        await resolveTools(["kwok"], options({ env: { PATH: bench.programs, ANCHORAGE_RELEASES: "off" } }));
        assert.deepEqual(server.asked, []);
    });

    it("refuse a mirror that is no address", async () => {
        const env = { PATH: bench.programs, ANCHORAGE_RELEASES: "mirror.example" };
        await assert.rejects(resolveTools(["kwok"], options({ env })), /ANCHORAGE_RELEASES is "mirror\.example"/);
    });

    it("can be cancelled in the middle of a download", async () => {
        const cancel = new AbortController();
        routes["/releases.example/v1/tiny.tar.gz"] = (_, response) => {
            response.write(archive.subarray(0, 20), () => {
                cancel.abort(new Error("enough"));
            });
        };
        await assert.rejects(
            resolveTools(["kwok"], options({ signal: cancel.signal, stallTimeoutMs: 10_000 })),
            /enough/,
        );
        assert.deepEqual(await readdir(path.join(bench.cache, "kwok")), []);
        assert.deepEqual(await readdir(bench.cache), ["kwok"], "the lock is released");
    });
});

describe("checksum files", () => {
    const digest = sha256("content");
    const files: Record<string, [text: string, found: string | undefined]> = {
        "a bare digest": [digest, digest],
        "a bare digest with a newline": [`${digest}\n`, digest],
        "digest and name": [`${digest}  helm.tar.gz\n`, digest],
        "binary mode and a path in front": [`${digest} *./helm.tar.gz\n`, digest],
        "capital letters": [`${digest.toUpperCase()}  helm.tar.gz\n`, digest],
        "lines of other files": [`${sha256("other")}  helm.zip\n${digest}  helm.tar.gz\n`, digest],
        "another file only": [`${digest}  helm.zip\n`, undefined],
        "a page of HTML": ["<html>not found</html>", undefined],
        "a digest of another kind": [`${digest}${digest}  helm.tar.gz\n`, undefined],
    };
    for (const [name, [text, found]] of Object.entries(files)) {
        it(`with ${name}`, () => {
            assert.equal(findChecksum(text, "helm.tar.gz"), found);
        });
    }

    it("and files have the publisher's host in a mirror's path", () => {
        const url = "https://dl.k8s.io/release/v1/bin/kubectl";
        assert.equal(addressOf(url, undefined), url);
        assert.equal(
            addressOf(url, "https://m.example/base/"),
            "https://m.example/base/dl.k8s.io/release/v1/bin/kubectl",
        );
    });
});

async function makeArchive(folder: string): Promise<Buffer> {
    await mkdir(path.join(folder, "tiny", "bin"), { recursive: true });
    await writeFile(path.join(folder, "tiny", "bin", "beta-two"), "#!/bin/sh\necho released beta\n", { mode: 0o755 });
    await writeFile(path.join(folder, "tiny", "README.md"), "not wanted");
    await exec("tar", ["-czf", path.join(folder, "tiny.tar.gz"), "-C", folder, "tiny"]);
    return readFile(path.join(folder, "tiny.tar.gz"));
}
