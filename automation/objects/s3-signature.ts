import { createHash, createHmac } from "node:crypto";
import type { AccessKeys } from "./store";

/** What of a request is signed, beside its headers `host`, `x-amz-content-sha256` and `x-amz-date`. */
export interface SignedRequest {
    readonly method: "GET" | "PUT";
    readonly host: string;
    /** Encoded as it is sent; without a query. */
    readonly path: string;
    /** Of the body, in hexadecimal. */
    readonly sha256: string;
}

export const sha256OfNothing = createHash("sha256").digest("hex");

/** AWS's signature of version 4, of whole requests to S3. The key of a day is made once. */
export class S3Signer {
    private day = "";
    private key: Buffer = Buffer.alloc(0);

    constructor(
        private readonly keys: AccessKeys,
        private readonly region: string,
    ) {}

    /** @returns the headers to send beside `host` */
    sign({ method, host, path, sha256 }: SignedRequest, now = new Date()): Record<string, string> {
        const time = now.toISOString().replace(/[-:]|\.\d+/g, "");
        const day = time.slice(0, 8);
        const scope = `${day}/${this.region}/s3/aws4_request`;
        const names = "host;x-amz-content-sha256;x-amz-date";
        const headers = `host:${host}\nx-amz-content-sha256:${sha256}\nx-amz-date:${time}\n`;
        const canonical = `${method}\n${path}\n\n${headers}\n${names}\n${sha256}`;
        const toSign = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${createHash("sha256").update(canonical).digest("hex")}`;
        const signature = createHmac("sha256", this.keyOf(day)).update(toSign).digest("hex");
        const credential = `Credential=${this.keys.accessKey}/${scope}`;
        return {
            "x-amz-content-sha256": sha256,
            "x-amz-date": time,
            authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names}, Signature=${signature}`,
        };
    }

    private keyOf(day: string): Buffer {
        if (day === this.day) return this.key;
        const chain = [day, this.region, "s3", "aws4_request"];
        const first: Buffer = Buffer.from(`AWS4${this.keys.secretKey}`);
        this.key = chain.reduce((key, text) => createHmac("sha256", key).update(text).digest(), first);
        this.day = day;
        return this.key;
    }
}

/** A key as a path: each part encoded as S3 signs it. */
export function encodedPath(key: string): string {
    return key
        .split("/")
        .map((part) => encodeURIComponent(part).replace(/[!'()*]/g, hexOf))
        .join("/");
}

function hexOf(character: string): string {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
