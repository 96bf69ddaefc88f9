import { createHash } from "node:crypto";
import { open, rm } from "node:fs/promises";
import path from "node:path";
import { codeOf, messageOf, UserError } from "../../lib/errors";
import { type Exec, ExecFailure } from "../../lib/exec";
import type { ReleaseFile } from "./catalogue";
import { releasesVariable } from "./failures";

/** What a download needs of the world. */
export interface ReleaseDoor {
    readonly fetch: typeof fetch;
    readonly exec: Exec;
    /** Base address of a mirror that holds `<host>/<path>` of every file, or undefined: the publishers. */
    readonly mirror: string | undefined;
    /** Milliseconds until a server has to have begun its answer. */
    readonly connectTimeoutMs: number;
    /** Milliseconds without a single byte after which a download is given up. */
    readonly stallTimeoutMs: number;
    readonly signal: AbortSignal | undefined;
    /** Bytes of the file so far; total where the server tells it. */
    readonly onBytes: (file: string, bytes: number, total: number | undefined) => void;
}

/**
 * No file came, for a reason that has nothing to do with its content: there is no such release, no
 * network, a cut connection. The binaries are built instead.
 */
export class ReleaseUnavailable extends Error {
    constructor(
        readonly url: string,
        reason: string,
        /** True where the server answered: other files may well be there. */
        readonly answered: boolean,
        options?: ErrorOptions,
    ) {
        super(`${url}: ${reason}`, options);
        this.name = "ReleaseUnavailable";
    }
}

/**
 * Downloads one release file into the folder, checked against its publisher's checksum while it is
 * written, and leaves the binaries that it holds there.
 * @throws ReleaseUnavailable where it cannot be had, UserError where it is not what its publisher says
 */
export async function fetchRelease(file: ReleaseFile, folder: string, door: ReleaseDoor): Promise<void> {
    const url = addressOf(file.url, door.mirror);
    const name = path.posix.basename(file.url);
    const sums = await fetchText(addressOf(file.checksumUrl, door.mirror), door);
    const expected = findChecksum(sums, name);
    if (expected === undefined) {
        throw new ReleaseUnavailable(file.checksumUrl, `no SHA-256 digest of ${name} in it`, true);
    }
    const target = path.join(folder, typeof file.holds === "string" ? file.holds : `.${name}`);
    const actual = await download(url, target, door);
    if (actual !== expected) {
        await rm(target, { force: true });
        throw new UserError(`${url} is not what its publisher says: its checksum is wrong`, {
            details: [`published: ${expected}`, `downloaded: ${actual}`],
            next: [
                "run it again; if it stays so, a proxy or a mirror changes the file: tell whoever runs it",
                `or build from source instead: ${releasesVariable}=off`,
            ],
        });
    }
    if (typeof file.holds !== "string") {
        try {
            await unpack(target, file.holds, folder, door);
        } catch (error) {
            door.signal?.throwIfAborted();
            if (!(error instanceof ExecFailure)) throw error;
            // No tar on this machine, or the publisher has changed what is in the archive.
            throw new ReleaseUnavailable(url, `cannot be unpacked: ${error.message}`, true, { cause: error });
        }
        await rm(target);
    }
}

/** `https://dl.k8s.io/release/x` on the mirror `http://m/base` is `http://m/base/dl.k8s.io/release/x`. */
export function addressOf(url: string, mirror: string | undefined): string {
    if (mirror === undefined) return url;
    const { host, pathname } = new URL(url);
    return `${mirror.replace(/\/+$/, "")}/${host}${pathname}`;
}

/** The SHA-256 digest of a file in a checksum file: a bare digest, or the line with the file's name. */
export function findChecksum(text: string, name: string): string | undefined {
    for (const line of text.split("\n")) {
        const [, digest, of] = /^([0-9a-f]{64})(?:\s+\*?(?:\.\/)?(\S+))?\s*$/i.exec(line) ?? [];
        if (digest !== undefined && (of === undefined || of === name)) return digest.toLowerCase();
    }
    return undefined;
}

async function fetchText(url: string, door: ReleaseDoor): Promise<string> {
    let text = "";
    await receive(url, door, (chunk) => {
        text += Buffer.from(chunk).toString("latin1");
        if (text.length > 1_000_000) throw new ReleaseUnavailable(url, "this is no checksum file: over 1 MB", true);
        return Promise.resolve();
    });
    return text;
}

/** Streams a file to the disk; its SHA-256 digest. */
async function download(url: string, target: string, door: ReleaseDoor): Promise<string> {
    const hash = createHash("sha256");
    const handle = await open(target, "wx", 0o755);
    try {
        await receive(url, door, async (chunk, bytes, total) => {
            hash.update(chunk);
            await handle.writeFile(chunk);
            door.onBytes(path.posix.basename(url), bytes, total);
        });
    } finally {
        await handle.close();
    }
    return hash.digest("hex");
}

/** Hands every piece of an answer on. Whatever goes wrong with the connection is a ReleaseUnavailable. */
async function receive(
    url: string,
    door: ReleaseDoor,
    onChunk: (chunk: Uint8Array, bytes: number, total: number | undefined) => Promise<void>,
): Promise<void> {
    const watch = new AbortController();
    const signal = door.signal ? AbortSignal.any([door.signal, watch.signal]) : watch.signal;
    const timer = new Deadline(watch);
    let answered = false;
    const failed = (error: unknown): never => {
        door.signal?.throwIfAborted();
        if (error instanceof ReleaseUnavailable) throw error;
        throw new ReleaseUnavailable(url, timer.reason ?? reasonOf(error), answered, { cause: error });
    };
    try {
        timer.set(door.connectTimeoutMs, `no answer within ${String(door.connectTimeoutMs)} ms`);
        const response = await door.fetch(url, { signal, redirect: "follow" }).catch(failed);
        answered = true;
        if (!response.ok || !response.body) {
            await response.body?.cancel();
            throw new ReleaseUnavailable(url, `HTTP ${String(response.status)}`, true);
        }
        const length = Number(response.headers.get("content-length") ?? Number.NaN);
        const total = Number.isNaN(length) ? undefined : length;
        const reader = (response.body as ReadableStream<Uint8Array>).getReader();
        let bytes = 0;
        for (;;) {
            timer.set(door.stallTimeoutMs, `nothing more within ${String(door.stallTimeoutMs)} ms`);
            const { done, value } = await reader.read().catch(failed);
            timer.clear();
            if (done) return;
            bytes += value.byteLength;
            // Outside of the above: what goes wrong on our side (a full disk) is no fault of the network.
            await onChunk(value, bytes, total);
        }
    } finally {
        timer.clear();
        watch.abort(); // ends a connection that is still open because the receiver gave up
    }
}

/** fetch() says only "fetch failed"; what happened stands in its cause. */
function reasonOf(error: unknown): string {
    const cause = error instanceof Error ? error.cause : undefined;
    return codeOf(cause) ?? (cause === undefined ? messageOf(error) : messageOf(cause));
}

/** One timer at a time that aborts, and remembers why. */
class Deadline {
    reason: string | undefined;
    private timer: NodeJS.Timeout | undefined;

    constructor(private readonly controller: AbortController) {}

    set(milliseconds: number, reason: string): void {
        this.clear();
        this.timer = setTimeout(() => {
            this.reason = reason;
            this.controller.abort();
        }, milliseconds);
    }

    clear(): void {
        clearTimeout(this.timer);
    }
}

async function unpack(
    archive: string,
    members: Readonly<Record<string, string>>,
    folder: string,
    door: ReleaseDoor,
): Promise<void> {
    for (const [binary, member] of Object.entries(members)) {
        // One flat file for each: nothing else of the archive touches the disk.
        const depth = String(member.split("/").length - 1);
        await door.exec("tar", ["-xzf", archive, "-C", folder, `--strip-components=${depth}`, "--", member], {
            signal: door.signal,
        });
        if (path.posix.basename(member) !== binary) throw new Error(`${member} would not become ${binary}`);
    }
}
