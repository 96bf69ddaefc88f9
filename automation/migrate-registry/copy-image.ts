import { pipeline } from "node:stream/promises";
import type { ContentClient, Manifest } from "../../harbor/registry/content-client";
import { UserError } from "../../lib/errors";
import { HashedBody } from "../objects/bodies";
import { inParallel } from "../objects/parallel";

/** Blobs of one image on their way at once. */
const blobsAtOnce = 3;
/** Blobs whose repository in Harbor is remembered, for mounts. */
const remembered = 100_000;

/** The parts of manifests and indexes that lead on. */
interface Content {
    readonly schemaVersion?: number;
    readonly manifests?: readonly Descriptor[];
    readonly config?: Descriptor;
    readonly layers?: readonly Descriptor[];
}

interface Descriptor {
    readonly digest: string;
    readonly size: number;
    /** Of layers that are fetched from elsewhere and are in no registry (Windows). */
    readonly urls?: readonly string[];
}

export interface Counts {
    images: number;
    /** That were there with the same digest. */
    present: number;
    blobs: number;
    mounted: number;
    bytes: number;
}

/** Copies images with their digests. What is there already is not sent again, so that it can be run any number of times. */
export class ImageCopier {
    readonly counts: Counts = { images: 0, present: 0, blobs: 0, mounted: 0, bytes: 0 };
    /** Repositories of Harbor that have a blob. */
    private readonly places = new Map<string, string>();
    /** Blobs on their way: two images with one layer send it once. */
    private readonly underWay = new Map<string, Promise<void>>();

    constructor(
        private readonly source: ContentClient,
        private readonly target: ContentClient,
        private readonly signal: AbortSignal,
    ) {}

    /** The tag is written last: an interrupted copy leaves none that leads nowhere. @returns what became of it */
    async copy(from: string, to: string, tag: string): Promise<"copied" | "present"> {
        const manifest = await this.source.manifest(from, tag);
        if ((await this.target.digestOf(to, tag)) === manifest.digest) {
            this.counts.present++;
            return "present";
        }
        await this.copyManifest(from, to, tag, manifest);
        this.counts.images++;
        return "copied";
    }

    private async copyManifest(from: string, to: string, reference: string, manifest: Manifest): Promise<void> {
        const { manifests = [], config, layers = [], schemaVersion } = JSON.parse(manifest.body.toString()) as Content;
        if (schemaVersion !== 2) {
            throw new UserError(`${from}:${reference} has a manifest of schema ${String(schemaVersion)}`, {
                details: ["Harbor takes no image of Docker before 1.10"],
                next: ["pull and push it with a newer Docker, which gives it a new digest"],
            });
        }
        for (const { digest } of manifests) {
            if ((await this.target.digestOf(to, digest)) === digest) continue;
            await this.copyManifest(from, to, digest, await this.source.manifest(from, digest));
        }
        const blobs = [...(config === undefined ? [] : [config]), ...layers].filter(
            ({ urls = [] }) => urls.length === 0,
        );
        const once = [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
        await inParallel(once, blobsAtOnce, this.signal, (blob) => this.copyBlob(from, to, blob));
        await this.target.pushManifest(to, reference, manifest);
    }

    private async copyBlob(from: string, to: string, { digest, size }: Descriptor): Promise<void> {
        await this.underWay.get(digest)?.catch(() => undefined);
        if (await this.target.hasBlob(to, digest)) return;
        const place = this.places.get(digest);
        if (place !== undefined && place !== to && (await this.target.mountBlob(to, digest, place))) {
            this.counts.mounted++;
            return;
        }
        const sending = this.send(from, to, digest, size);
        this.underWay.set(digest, sending);
        try {
            await sending;
        } finally {
            this.underWay.delete(digest);
        }
        if (this.places.size < remembered) this.places.set(digest, to);
    }

    private async send(from: string, to: string, digest: string, size: number): Promise<void> {
        const blob = await this.source.openBlob(from, digest);
        const wrong = (what: string): UserError =>
            new UserError(`blob ${digest} of ${from} is damaged in ${this.source.origin}`, { details: [what] });
        const body = new HashedBody((came) => {
            if (came.size !== size) return wrong(`${String(came.size)} of ${String(size)} bytes came`);
            return `sha256:${came.sha256}` === digest || !digest.startsWith("sha256:")
                ? undefined
                : wrong(`its content has digest sha256:${came.sha256}`);
        });
        let broken: unknown;
        const feeding = pipeline(blob.body, body).catch((error: unknown) => {
            broken = error;
        });
        try {
            await this.target.pushBlob(to, digest, { size, body });
            await feeding;
        } catch (error) {
            body.destroy();
            blob.body.destroy();
            const before = broken;
            await feeding;
            // The first to break is what is to be told: the other end broke for it.
            throw before ?? error;
        }
        this.counts.blobs++;
        this.counts.bytes += size;
    }
}
