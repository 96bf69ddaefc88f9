import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { ObjectStoreError } from "../../automation/objects/errors";
import type { ObjectContent, ObjectStore, StoredObject, Written } from "../../automation/objects/store";

/** A bucket in memory, with the manners of S3: the order of keys, whole objects or none. */
export class MemoryStore implements ObjectStore {
    readonly objects = new Map<string, Buffer>();
    /** Called before each change, with what it is: `write key`. May throw: then nothing is changed. */
    beforeChange: (what: string) => void = () => undefined;

    constructor(readonly where = "s3://memory") {}

    async *list(prefix: string): AsyncIterable<StoredObject> {
        await Promise.resolve();
        for (const key of [...this.objects.keys()].sort()) if (key.startsWith(prefix)) yield this.stored(key);
    }

    folders(prefix: string): Promise<readonly string[]> {
        const below = [...this.objects.keys()].filter((key) => key.startsWith(prefix));
        const names = below.flatMap((key) => (/^([^/]+)\//.exec(key.slice(prefix.length)) ?? []).slice(1));
        return Promise.resolve([...new Set(names)].sort());
    }

    head(key: string): Promise<StoredObject | undefined> {
        return Promise.resolve(this.objects.has(key) ? this.stored(key) : undefined);
    }

    open(key: string): Promise<ObjectContent> {
        const content = this.objects.get(key);
        if (content === undefined) {
            return Promise.reject(new ObjectStoreError(`${key} is not in ${this.where}`, "missing"));
        }
        return Promise.resolve({
            ...this.stored(key),
            body: Readable.from([content]),
        });
    }

    async read(key: string): Promise<Readable> {
        return (await this.open(key)).body;
    }

    async readWhole(key: string): Promise<Buffer> {
        return buffer(await this.read(key));
    }

    readText(key: string): Promise<string | undefined> {
        return Promise.resolve(this.objects.get(key)?.toString());
    }

    async write(key: string, body: Readable | string | Buffer): Promise<Written> {
        this.beforeChange(`write ${key}`);
        const chunks: Buffer[] = [];
        if (body instanceof Readable) for await (const chunk of body) chunks.push(Buffer.from(chunk as Buffer));
        else chunks.push(Buffer.from(body));
        const content = Buffer.concat(chunks);
        this.objects.set(key, content);
        const { size, etag } = this.stored(key);
        return { size, etag, sha256: createHash("sha256").update(content).digest("hex") };
    }

    copyFrom(): Promise<undefined> {
        return Promise.resolve(undefined);
    }

    async remove(keys: AsyncIterable<string> | Iterable<string>): Promise<number> {
        const found: string[] = [];
        for await (const key of keys) found.push(key);
        for (const key of found) {
            this.beforeChange(`remove ${key}`);
            this.objects.delete(key);
        }
        return found.length;
    }

    abandonUploads(): Promise<number> {
        return Promise.resolve(0);
    }

    close(): void {
        // nothing is open
    }

    private stored(key: string): StoredObject {
        const content = this.objects.get(key) ?? Buffer.alloc(0);
        return { key, size: content.length, etag: createHash("md5").update(content).digest("hex") };
    }
}
