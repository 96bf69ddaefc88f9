import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { mkdir } from "node:fs/promises";
import type { RegistryProcess } from "../../lab/harbor/registry/process";
import { startRegistry } from "../../lab/harbor/registry/process";
import { createIdentity } from "../../lab/identity";
import { labLayout } from "../../lab/layout";
import { s3Endpoint, s3Region, startObjectStore, stopObjectStore } from "../../lab/object-store";
import { freePort } from "../../lib/ports";
import { resolveTools } from "../../lab/tools/resolver";
import { exec } from "../../lib/exec";

let backend: Promise<RegistryProcess> | undefined;

/** A distribution registry on a bucket of versitygw, shared by the specs of a run and ended with it. */
export function testRegistry(): Promise<RegistryProcess> {
    backend ??= start();
    return backend;
}

const layout = labLayout("registry-of-tests");

async function start(): Promise<RegistryProcess> {
    const tools = await resolveTools(["versitygw", "registry"], { exec, env: process.env });
    const fileOf = (wanted: string): string => tools.find(({ name }) => name === wanted)?.file ?? "";
    await mkdir(layout.folder, { recursive: true });
    const identity = await createIdentity(layout, 0, await freePort());
    await startObjectStore("registry-of-tests", fileOf("versitygw"), layout, identity);
    const endpoint = s3Endpoint(identity);
    const { accessKey, secretKey } = identity.s3;
    const s3 = new S3Client({
        endpoint,
        region: s3Region,
        forcePathStyle: true,
        credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
    });
    await s3.send(new CreateBucketCommand({ Bucket: "registry" }));
    const bucket = { endpoint, region: s3Region, bucket: "registry", accessKey, secretKey };
    return startRegistry(fileOf("registry"), bucket);
}

after(async function () {
    this.timeout(30_000);
    if (backend === undefined) return;
    await (await backend).stop();
    await stopObjectStore(layout);
});
