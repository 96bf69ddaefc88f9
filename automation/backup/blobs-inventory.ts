import { open, mkdtemp, rm, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { HashedBody } from "../objects/bodies";
import { ObjectStoreError } from "../objects/errors";
import { compareKeys } from "../objects/keys";
import type { ObjectStore } from "../objects/store";
import type { BlobSet, InventoryLine, InventoryReference } from "./blobs";
import { inventoryKey } from "./blobs-keys";

/** Lines on disk until the whole inventory is known: memory stays flat, and nothing is left of a killed process. */
export class Spool {
    private constructor(private readonly handle: FileHandle) {}

    static async open(): Promise<Spool> {
        const folder = await mkdtemp(path.join(tmpdir(), "anchorage-inventory-"));
        const handle = await open(path.join(folder, "lines"), "w+", 0o600);
        // Without a name it is gone with the process, however that ends.
        await rm(folder, { recursive: true });
        return new Spool(handle);
    }

    async write(lines: AsyncIterable<InventoryLine>): Promise<void> {
        await pipeline(texts(lines), createGzip({ level: 1 }), async (pieces: AsyncIterable<Buffer>) => {
            for await (const piece of pieces) await this.handle.writeFile(piece);
        });
    }

    async *read(): AsyncIterable<InventoryLine> {
        const unpacked = createGunzip();
        const feeding = pipeline(this.pieces(), unpacked);
        // Told below.
        feeding.catch(() => undefined);
        try {
            yield* parsed(unpacked, "the inventory that is being made");
            await feeding;
        } finally {
            unpacked.destroy();
        }
    }

    private async *pieces(): AsyncIterable<Buffer> {
        for (let at = 0; ;) {
            const { bytesRead, buffer } = await this.handle.read(Buffer.alloc(2 ** 16), 0, 2 ** 16, at);
            if (bytesRead === 0) return;
            at += bytesRead;
            yield buffer.subarray(0, bytesRead);
        }
    }

    close(): Promise<void> {
        return this.handle.close();
    }
}

/** Writes a set's inventory, sorted lines, as one object. */
export async function writeInventory(
    target: ObjectStore,
    set: string,
    lines: AsyncIterable<InventoryLine>,
): Promise<InventoryReference> {
    const key = inventoryKey(set);
    const compressed = createGzip();
    const feeding = pipeline(texts(lines), compressed);
    const [written] = await Promise.all([target.write(key, compressed), feeding]);
    return { key, size: written.size, sha256: written.sha256 };
}

/** A set's inventory. @throws ObjectStoreError at its end at the latest where it is not what the set says it is */
export async function* readInventory(target: ObjectStore, { name, inventory }: BlobSet): AsyncIterable<InventoryLine> {
    const body = await target.read(inventory.key);
    const hashed = new HashedBody(({ sha256 }) =>
        sha256 === inventory.sha256
            ? undefined
            : new ObjectStoreError(`the inventory of backup ${name} is damaged`, "mismatch", {
                  details: [`${inventory.key} in ${target.where} has sha256 ${sha256}, not ${inventory.sha256}`],
                  next: ["use another backup: npx anchorage backup list"],
              }),
    );
    const unpacked = createGunzip();
    const feeding = pipeline(body, hashed, unpacked);
    // Told below; a reader that stops early wants to hear nothing of it.
    feeding.catch(() => undefined);
    try {
        yield* parsed(unpacked, `the inventory of backup ${name}`);
        await feeding;
    } finally {
        body.destroy();
    }
}

async function* parsed(text: Readable, what: string): AsyncIterable<InventoryLine> {
    let before = "";
    const wrong = (detail: string): ObjectStoreError =>
        new ObjectStoreError(`${what} is damaged`, "mismatch", { details: [detail] });
    for await (const line of linesOf(text)) {
        const entry = JSON.parse(line) as Partial<InventoryLine>;
        const { key, size, etag, digest, stored } = entry;
        if (
            typeof key !== "string" ||
            typeof size !== "number" ||
            typeof etag !== "string" ||
            typeof digest !== "string" ||
            typeof stored !== "string"
        )
            throw wrong(`a line of it is not one: ${line}`);
        if (compareKeys(before, key) >= 0) throw wrong(`${key} comes after ${before}`);
        before = key;
        yield { key, size, etag, digest, stored };
    }
}

async function* linesOf(text: AsyncIterable<Buffer>): AsyncIterable<string> {
    let rest = "";
    const decoder = new TextDecoder();
    for await (const chunk of text) {
        const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
        rest = lines.pop() ?? "";
        yield* lines;
    }
    if (rest !== "") yield rest;
}

/** In pieces of many lines: a stream's chunk costs more than a line. */
async function* texts(lines: AsyncIterable<InventoryLine>): AsyncIterable<string> {
    let piece = "";
    for await (const { key, size, etag, digest, stored } of lines) {
        piece += `${JSON.stringify({ key, size, etag, digest, stored })}\n`;
        if (piece.length > 2 ** 16) {
            yield piece;
            piece = "";
        }
    }
    if (piece !== "") yield piece;
}
