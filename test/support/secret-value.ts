import assert from "node:assert/strict";

/** Pulumi's mark of a secret on the wire, and the mark's value (sdk/nodejs/runtime/rpc.ts: specialSigKey, specialSecretSig). */
const mark = ["4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"] as const;

/** The value of a resource's input that is marked as secret. Fails for one that is not. */
export function secretValue(input: unknown): unknown {
    assert.ok(typeof input === "object" && input !== null && mark[0] in input, "the input is not marked as secret");
    const marked = input as Readonly<Record<string, unknown>>;
    assert.equal(marked[mark[0]], mark[1], "the input is marked as something else than a secret");
    return marked["value"];
}
