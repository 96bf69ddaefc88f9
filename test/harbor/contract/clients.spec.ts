import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { exec } from "../../../lib/exec";
import { contract } from "./harbor";
import { image, manifestType, type Image } from "./images";

/** A program of the field: what it is told to log in, push from a layout, pull by a digest into one, and list tags. */
interface Client {
    readonly name: string;
    readonly version: readonly string[];
    /** Given the host, the user, and whether it is plain http; the password comes by stdin. */
    readonly login: (host: string, user: string, plain: boolean) => readonly string[];
    readonly push: (layout: string, target: string, plain: boolean) => readonly string[];
    readonly pull: (source: string, folder: string, plain: boolean) => readonly string[];
    readonly tags: (repository: string, plain: boolean) => readonly string[];
    /** Tags from its answer. */
    readonly read: (text: string) => readonly string[];
}

const lines = (text: string): readonly string[] => text.trim().split("\n").sort();
const flag = (wanted: boolean, ...flags: string[]): readonly string[] => (wanted ? flags : []);

const clients: readonly Client[] = [
    {
        name: "skopeo",
        version: ["--version"],
        login: (host, user, plain) => [
            ...["login", "--username", user, "--password-stdin"],
            ...flag(plain, "--tls-verify=false"),
            host,
        ],
        push: (layout, target, plain) => [
            ...["--insecure-policy", "copy", "--preserve-digests", ...flag(plain, "--dest-tls-verify=false")],
            ...[`oci:${layout}:1`, `docker://${target}`],
        ],
        pull: (source, folder, plain) => [
            ...["--insecure-policy", "copy", "--preserve-digests", ...flag(plain, "--src-tls-verify=false")],
            ...[`docker://${source}`, `oci:${folder}:1`],
        ],
        tags: (repository, plain) => ["list-tags", ...flag(plain, "--tls-verify=false"), `docker://${repository}`],
        read: (text) => (JSON.parse(text) as { Tags: string[] }).Tags,
    },
    {
        name: "crane",
        version: ["version"],
        login: (host, user) => ["auth", "login", host, "--username", user, "--password-stdin"],
        push: (layout, target, plain) => ["push", ...flag(plain, "--insecure"), layout, target],
        pull: (source, folder, plain) => ["pull", ...flag(plain, "--insecure"), "--format", "oci", source, folder],
        tags: (repository, plain) => ["ls", ...flag(plain, "--insecure"), repository],
        read: lines,
    },
    {
        name: "oras",
        version: ["version"],
        login: (host, user, plain) => [
            ...["login", "--username", user, "--password-stdin"],
            ...flag(plain, "--plain-http"),
            host,
        ],
        push: (layout, target, plain) => [
            ...["copy", "--from-oci-layout", ...flag(plain, "--to-plain-http")],
            ...[`${layout}:1`, target],
        ],
        pull: (source, folder, plain) => [
            ...["copy", "--to-oci-layout", ...flag(plain, "--from-plain-http")],
            ...[source, `${folder}:1`],
        ],
        tags: (repository, plain) => ["repo", "tags", ...flag(plain, "--plain-http"), repository],
        read: lines,
    },
];

contract("clients of the field", (harbor) => {
    for (const client of clients) {
        it(`${client.name} logs in, pushes, pulls by digest and lists tags with a robot's account`, async function () {
            if (spawnSync(client.name, client.version).status !== 0) {
                if (this.test) this.test.title += ` (skipped: there is no ${client.name} on this machine)`;
                this.skip();
            }
            const project = await harbor().project();
            const { user, password } = await harbor().robot(project, ["pull", "push"]);
            const folder = mkdtempSync(path.join(tmpdir(), "anchorage-client-"));
            try {
                const { host, protocol } = new URL(harbor().target.url);
                const plain = protocol === "http:";
                const run = async (args: readonly string[], input?: string): Promise<string> => {
                    const options = {
                        env: {
                            ...process.env,
                            DOCKER_CONFIG: folder,
                            REGISTRY_AUTH_FILE: path.join(folder, "config.json"),
                            XDG_RUNTIME_DIR: folder,
                        },
                        ...(input === undefined ? {} : { input }),
                    };
                    return (await exec(client.name, args, options)).stdout;
                };
                const pushed = image(client.name);
                writeLayout(path.join(folder, "image"), pushed);
                const repository = `${host}/${project.name}/team/app`;
                await run(client.login(host, user, plain), password);
                await run(client.push(path.join(folder, "image"), `${repository}:1`, plain));
                const { digest } = pushed.manifest;
                const artifacts = `/projects/${project.name}/repositories/team%252Fapp/artifacts`;
                const { list } = (await harbor().admin.get(artifacts)).is(200);
                assert.deepEqual(
                    list.map((one) => one["digest"]),
                    [digest],
                );
                await run(client.pull(`${repository}@${digest}`, path.join(folder, "back"), plain));
                const file = path.join(folder, "back", "blobs", "sha256", pushed.layers[0]?.digest.slice(7) ?? "");
                assert.ok((await readFile(file)).equals(pushed.layers[0]?.bytes ?? Buffer.alloc(0)));
                assert.deepEqual(client.read(await run(client.tags(repository, plain))), ["1"]);
                // crane's login asks nobody: a wrong password shows with the first request.
                await assert.rejects(async () => {
                    await run(client.login(host, user, plain), "Wrong-12345");
                    await run(client.tags(repository, plain));
                });
            } finally {
                rmSync(folder, { recursive: true, force: true });
            }
        });
    }
});

/** An image as an OCI layout on the disk, tagged 1. */
function writeLayout(folder: string, { config, layers, manifest }: Image): void {
    const blobs = path.join(folder, "blobs", "sha256");
    mkdirSync(blobs, { recursive: true });
    for (const { bytes, digest } of [...layers, config, manifest])
        writeFileSync(path.join(blobs, digest.slice("sha256:".length)), bytes);
    const annotations = { "org.opencontainers.image.ref.name": "1" };
    const entry = { mediaType: manifestType, digest: manifest.digest, size: manifest.bytes.length, annotations };
    writeFileSync(path.join(folder, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
    writeFileSync(path.join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
}
