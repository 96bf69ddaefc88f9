import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { exec } from "../../../lib/exec";
import { TestHarbor } from "../../support/stand-in";
import { testRegistry } from "../../support/stand-in-registry";

const digestOf = (bytes: Buffer): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const manifestType = "application/vnd.oci.image.manifest.v1+json";

describe("the lab's Harbor and a client of the field", function () {
    this.timeout(20 * 60_000);
    let harbor: TestHarbor;
    before(async () => {
        harbor = await TestHarbor.start({ registry: await testRegistry() });
    });
    after(() => harbor.close());

    it("serves skopeo with a robot's account", async function () {
        if (spawnSync("skopeo", ["--version"]).status !== 0) {
            if (this.test) this.test.title += " (skipped: there is no skopeo on this machine)";
            this.skip();
        }
        await harbor.ask("POST", "/projects", { body: { project_name: "skopeo" } });
        const access = ["pull", "push"].map((action) => ({ resource: "repository", action }));
        const permissions = [{ kind: "project", namespace: "skopeo", access }];
        const body = { name: "copier", level: "project", duration: -1, permissions };
        const { name, secret } = (await harbor.ask("POST", "/robots", { body })).json as {
            name: string;
            secret: string;
        };
        const folder = mkdtempSync(path.join(tmpdir(), "anchorage-skopeo-"));
        try {
            const layout = path.join(folder, "image");
            writeLayout(layout);
            const host = harbor.url.replace("http://", "");
            const creds = `${name}:${secret}`;
            const insecure = ["--dest-tls-verify=false", "--src-tls-verify=false"];
            const skopeo = async (...args: string[]): Promise<string> =>
                (await exec("skopeo", ["--insecure-policy", ...args])).stdout;
            await skopeo(
                "copy",
                ...insecure,
                "--dest-creds",
                creds,
                `oci:${layout}:1`,
                `docker://${host}/skopeo/app:1`,
            );
            await skopeo(
                "copy",
                ...insecure,
                "--src-creds",
                creds,
                `docker://${host}/skopeo/app:1`,
                `dir:${folder}/back`,
            );
            assert.ok(readdirSync(path.join(folder, "back")).includes("manifest.json"));
            const tags = await skopeo(
                "list-tags",
                "--tls-verify=false",
                "--creds",
                creds,
                `docker://${host}/skopeo/app`,
            );
            assert.deepEqual((JSON.parse(tags) as { Tags: string[] }).Tags, ["1"]);
        } finally {
            rmSync(folder, { recursive: true, force: true });
        }
    });
});

/** An image of one layer as an OCI layout on the disk. */
function writeLayout(folder: string): void {
    const blobs = path.join(folder, "blobs", "sha256");
    mkdirSync(blobs, { recursive: true });
    const layer = randomBytes(5_000);
    const config = Buffer.from(
        JSON.stringify({
            architecture: "amd64",
            os: "linux",
            rootfs: { type: "layers", diff_ids: [digestOf(layer)] },
        }),
    );
    const manifest = Buffer.from(
        JSON.stringify({
            schemaVersion: 2,
            mediaType: manifestType,
            config: {
                mediaType: "application/vnd.oci.image.config.v1+json",
                digest: digestOf(config),
                size: config.length,
            },
            layers: [
                { mediaType: "application/vnd.oci.image.layer.v1.tar", digest: digestOf(layer), size: layer.length },
            ],
        }),
    );
    for (const one of [layer, config, manifest])
        writeFileSync(path.join(blobs, digestOf(one).replace("sha256:", "")), one);
    const annotations = { "org.opencontainers.image.ref.name": "1" };
    const entry = { mediaType: manifestType, digest: digestOf(manifest), size: manifest.length, annotations };
    writeFileSync(path.join(folder, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
    writeFileSync(path.join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
}
