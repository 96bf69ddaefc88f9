import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { openObjectStore, type AccessKeys, type ObjectStore, type StoreOptions } from "../../automation/objects/store";
import type { BucketOutput } from "../../config/contract";
import { createIdentity } from "../../lab/identity";
import { labLayout } from "../../lab/layout";
import { s3Endpoint, s3Region, startObjectStore, stopObjectStore } from "../../lab/object-store";
import { freePort } from "../../lib/ports";
import { resolveTools } from "../../lab/tools/resolver";
import { exec } from "../../lib/exec";

type TestLayout = ReturnType<typeof labLayout>;

/** A versitygw of a spec's own, with buckets that are folders on disk. */
export class TestObjectStore {
    private readonly opened: ObjectStore[] = [];

    private constructor(
        readonly endpoint: string,
        readonly keys: AccessKeys,
        private readonly layout: TestLayout,
    ) {}

    /** @param diskMiB size of the disk that it has for itself; needs {@link maySmallDisks} @default the machine's */
    static async start(name: string, diskMiB?: number): Promise<TestObjectStore> {
        const tools = await resolveTools(["versitygw"], { exec, env: process.env });
        const layout = labLayout(name);
        await mkdir(layout.folder, { recursive: true });
        const identity = await createIdentity(layout, 0, await freePort());
        const binary = tools[0]?.file ?? "";
        const program = diskMiB === undefined ? binary : await onSmallDisk(binary, layout, diskMiB);
        await startObjectStore(name, program, layout, identity);
        return new TestObjectStore(s3Endpoint(identity), identity.s3, layout);
    }

    output(bucket: string, prefix?: string): BucketOutput {
        const place = { bucket, region: s3Region, endpoint: this.endpoint, pathStyle: true };
        return prefix === undefined ? place : { ...place, prefix };
    }

    async make(bucket: string): Promise<void> {
        const s3 = new S3Client({
            endpoint: this.endpoint,
            region: s3Region,
            forcePathStyle: true,
            credentials: { accessKeyId: this.keys.accessKey, secretAccessKey: this.keys.secretKey },
        });
        await s3.send(new CreateBucketCommand({ Bucket: bucket }));
        s3.destroy();
    }

    /** Closed by {@link stop}. */
    open(bucket: string, options: StoreOptions & { prefix?: string; signal?: AbortSignal } = {}): ObjectStore {
        const { prefix, signal = new AbortController().signal, ...rest } = options;
        const store = openObjectStore(this.output(bucket, prefix), this.keys, signal, rest);
        this.opened.push(store);
        return store;
    }

    /** The file of an object on the server's disk. */
    fileOf(bucket: string, key: string): string {
        return path.join(this.layout.s3Data, bucket, key);
    }

    async stop(): Promise<void> {
        for (const store of this.opened) store.close();
        await stopObjectStore(this.layout);
        await rm(this.layout.folder, { recursive: true, force: true });
    }
}

/** Whether this user may mount what only its own processes see. */
export async function maySmallDisks(): Promise<boolean> {
    return exec("unshare", [...ownMounts, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).then(
        () => true,
        () => false,
    );
}

const ownMounts = ["--user", "--map-root-user", "--mount"];

/** A program that starts the other one with a disk of that size in the place of its data. */
async function onSmallDisk(binary: string, { folder, s3Data }: TestLayout, mebibytes: number): Promise<string> {
    const program = path.join(folder, "on-small-disk");
    const mount = `mount -t tmpfs -o size=${String(mebibytes)}m tmpfs '${s3Data}'`;
    const text = `#!/bin/sh\nexec unshare ${ownMounts.join(" ")} sh -c "${mount} && exec '${binary}' \\"\\$@\\"" sh "$@"\n`;
    await writeFile(program, text, { mode: 0o755 });
    return program;
}

export async function keysOf(store: ObjectStore, prefix = ""): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of store.list(prefix)) keys.push(key);
    return keys;
}
