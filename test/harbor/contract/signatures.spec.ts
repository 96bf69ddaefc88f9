import assert from "node:assert/strict";
import type { Api } from "./api";
import { contract } from "./harbor";
import { blob, image, manifestType, pull, push, Repository, type Blob, type Image } from "./images";

const empty = blob(Buffer.from("{}"));

/** As Cosign 3 signs: a bundle whose manifest names the image as its subject. Harbor does not verify it. */
function bundleOf({ manifest }: Image): { readonly manifest: Blob; readonly blobs: readonly Blob[] } {
    const type = "application/vnd.dev.sigstore.bundle.v0.3+json";
    const bundle = blob(Buffer.from(JSON.stringify({ mediaType: type, of: manifest.digest })));
    const signature = {
        schemaVersion: 2,
        mediaType: manifestType,
        artifactType: type,
        config: { mediaType: "application/vnd.oci.empty.v1+json", size: 2, digest: empty.digest },
        layers: [{ mediaType: type, size: bundle.bytes.length, digest: bundle.digest }],
        subject: { mediaType: manifestType, size: manifest.bytes.length, digest: manifest.digest },
        annotations: { "dev.sigstore.bundle.content": "message-signature" },
    };
    return { manifest: blob(Buffer.from(JSON.stringify(signature))), blobs: [empty, bundle] };
}

/** As Cosign 2 signs: a tag made of the image's digest. */
function tagOf({ manifest }: Image): {
    readonly tag: string;
    readonly manifest: Blob;
    readonly blobs: readonly Blob[];
} {
    const payload = blob(Buffer.from(JSON.stringify({ critical: { image: manifest.digest } })));
    const signature = {
        schemaVersion: 2,
        mediaType: manifestType,
        config: { mediaType: "application/vnd.oci.image.config.v1+json", size: 2, digest: empty.digest },
        layers: [
            {
                mediaType: "application/vnd.dev.cosign.simplesigning.v1+json",
                size: payload.bytes.length,
                digest: payload.digest,
                annotations: { "dev.cosignproject.cosign/signature": "c2lnbmVk" },
            },
        ],
    };
    return {
        tag: `${manifest.digest.replace(":", "-")}.sig`,
        manifest: blob(Buffer.from(JSON.stringify(signature))),
        blobs: [empty, payload],
    };
}

contract("signatures", (harbor) => {
    const forms = {
        "as a bundle": (signed: Image) => ({ reference: bundleOf(signed).manifest.digest, ...bundleOf(signed) }),
        "by a tag": (signed: Image) => ({ reference: tagOf(signed).tag, ...tagOf(signed) }),
    };

    const sign = async (admin: Api, name: string, form: keyof typeof forms, signed: Image): Promise<string> => {
        const { reference, manifest, blobs } = forms[form](signed);
        const target = await Repository.open(admin, name, "pull,push");
        for (const one of blobs) (await target.putBlob(one)).is(201);
        (await target.putManifest(reference, manifest)).is(201);
        return manifest.digest;
    };

    for (const form of Object.keys(forms) as (keyof typeof forms)[]) {
        it(`${form} belong to their image, and are no artifact of the list`, async () => {
            const { admin } = harbor();
            const { name } = await harbor().project();
            const signed = image("signed");
            await push(admin, `${name}/app`, "1", signed);
            const path = `/projects/${name}/repositories/app/artifacts`;
            (await admin.get(`${path}/1/accessories`)).has([]);
            const digest = await sign(admin, `${name}/app`, form, signed);
            (await admin.get(`${path}/1/accessories`)).has([
                { type: "signature.cosign", digest, subject_artifact_digest: signed.manifest.digest },
            ]);
            (await admin.get(path, { with_accessory: true })).has([
                { digest: signed.manifest.digest, accessories: [{ type: "signature.cosign" }] },
            ]);
        });

        it(`${form} let an image be pulled where content trust is asked for, others are refused`, async () => {
            const { admin } = harbor();
            const { name } = await harbor().project({ metadata: { enable_content_trust_cosign: "true" } });
            const signed = image("trusted");
            await push(admin, `${name}/app`, "1", signed);
            const robot = harbor().as(await harbor().robot({ name, id: 0 }, ["pull"]));
            const source = await Repository.open(robot, `${name}/app`, "pull");
            const refused = await source.getManifest("1");
            refused.fails(412, "PROJECTPOLICYVIOLATION", /not signed/);
            assert.equal(refused.header("docker-content-digest"), undefined);
            await sign(admin, `${name}/app`, form, signed);
            await pull(robot, `${name}/app`, "1", signed);
        });
    }
});
