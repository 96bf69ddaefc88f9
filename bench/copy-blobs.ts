import { text } from "node:stream/consumers";
import { z } from "zod";
import { copyBlobsAhead } from "../automation/backup/blobs";
import { openObjectStore } from "../automation/objects/store";

/**
 * Copies the blobs of one bucket into another, says how much memory it took at most, and ends: a process of its own, so
 * that nothing else is in the figure. Its standard input has both places and their keys.
 * `node --require ./bin/typescript.js bench/copy-blobs.ts`
 */
const place = z.object({
    endpoint: z.string(),
    region: z.string(),
    bucket: z.string(),
    accessKey: z.string(),
    secretKey: z.string(),
});
export const copyRequest = z.object({ from: place, to: place, concurrency: z.int() });
export type CopyRequest = z.infer<typeof copyRequest>;

async function copy(): Promise<void> {
    const { from, to, concurrency } = copyRequest.parse(JSON.parse(await text(process.stdin)));
    const { signal } = new AbortController();
    const [source, target] = [from, to].map(({ endpoint, region, bucket, ...keys }) =>
        openObjectStore({ endpoint, region, bucket, pathStyle: true }, keys, signal),
    );
    if (source === undefined || target === undefined) throw new Error("unreachable: two places, two stores");
    await copyBlobsAhead(source, target, { signal, concurrency });
    source.close();
    target.close();
    console.log(JSON.stringify({ peakBytes: process.resourceUsage().maxRSS * 1024 }));
}

copy().catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
});
