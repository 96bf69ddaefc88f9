import { createHash } from "node:crypto";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { HashedBody } from "../objects/bodies";
import { ObjectStoreError } from "../objects/errors";
import { roomSize, withRoom } from "../objects/rooms";
import type { ObjectStore } from "../objects/store";

/** From which size on a copy by the server is worth its round trips. */
const serverCopyFrom = 2 ** 20;
const attempts = 3;

export interface Transfer {
    readonly from: ObjectStore;
    readonly fromKey: string;
    readonly to: ObjectStore;
    readonly toKey: string;
    readonly size: number;
    /** What the content's SHA-256 has to be, where that is known. */
    readonly sha256?: string;
    /** Whether what the server copied is read back. */
    readonly readBack: boolean;
    readonly signal: AbortSignal;
}

export interface Transferred {
    readonly size: number;
    readonly etag: string;
    readonly sha256: string;
}

/** Copies an object, by the server where it can; again where the connection broke. */
export async function transfer(task: Transfer): Promise<Transferred> {
    for (let attempt = 1; ; attempt++) {
        try {
            return await once(task);
        } catch (error) {
            const passing =
                error instanceof ObjectStoreError && (error.kind === "unreachable" || error.kind === "truncated");
            if (!passing || attempt === attempts) throw error;
            await pause(attempt * 500, task.signal);
        }
    }
}

async function once(task: Transfer): Promise<Transferred> {
    const { from, fromKey, to, toKey, size, sha256, readBack } = task;
    // What has no digest yet gets one on its way through here.
    if (size >= serverCopyFrom && sha256 !== undefined) {
        const etag = await to.copyFrom(from, fromKey, toKey, size);
        if (etag !== undefined && !readBack) return { size, etag, sha256 };
        if (etag !== undefined) return { ...(await readCopy(task, sha256)), etag };
    }
    const wanted = sha256 === undefined ? {} : { sha256 };
    try {
        if (size <= roomSize) {
            return await withRoom(size, async (room) => to.write(toKey, await from.readWhole(fromKey, room), wanted));
        }
        const { body, size: sizeNow } = await from.open(fromKey);
        return await to.write(toKey, body, { size: sizeNow, ...wanted });
    } catch (error) {
        throw blamed(error, task);
    }
}

/** Reads back what the server copied; a copy of something else is taken away again. */
async function readCopy(
    { from, fromKey, to, toKey, size }: Transfer,
    expected: string,
): Promise<Omit<Transferred, "etag">> {
    const read = await hashOf(to, toKey, size);
    if (read.sha256 === expected) return read;
    await to.remove([toKey]);
    throw damaged(from, fromKey, `its content has sha256 ${read.sha256}`);
}

/** Reads an object to its end. @param expected bytes that it should have */
export async function hashOf(store: ObjectStore, key: string, expected: number): Promise<Omit<Transferred, "etag">> {
    if (expected <= roomSize) {
        return withRoom(expected, async (room) => {
            const content = await store.readWhole(key, room);
            return { size: content.length, sha256: createHash("sha256").update(content).digest("hex") };
        });
    }
    const { size, body } = await store.open(key);
    const hashed = new HashedBody();
    await pipeline(body, hashed, nowhere());
    return { size, sha256: hashed.sha256 };
}

function nowhere(): Writable {
    return new Writable({
        write(_chunk, _encoding, done) {
            done();
        },
    });
}

/** Wrong content is found where it is written, and is wrong where it was read. */
function blamed(error: unknown, { from, fromKey }: Transfer): unknown {
    if (!(error instanceof ObjectStoreError) || error.kind !== "mismatch") return error;
    return damaged(from, fromKey, error.details[0] ?? "");
}

function damaged({ where }: ObjectStore, key: string, detail: string): ObjectStoreError {
    return new ObjectStoreError(`${key} in ${where} is damaged`, "mismatch", {
        details: [detail],
        next: ["push the image again, or delete it from Harbor and collect garbage"],
    });
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
        const timer = setTimeout(resolve, milliseconds);
        signal.addEventListener(
            "abort",
            () => {
                clearTimeout(timer);
                reject(signal.reason as Error);
            },
            { once: true },
        );
    });
}
