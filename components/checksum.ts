import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

/** SHA-256 of the values, which tells nothing of them and may stand in the open. */
export function checksumOf(values: readonly pulumi.Output<string>[]): pulumi.Output<string> {
    const hash = pulumi
        .all([...values])
        .apply((texts) => createHash("sha256").update(JSON.stringify(texts)).digest("hex"));
    return pulumi.unsecret(hash);
}
