import assert from "node:assert/strict";
import { UserError } from "../../lib/errors";
import { waitFor } from "../../lib/wait";

describe("waitFor", () => {
    it("returns what the look found", async () => {
        let looks = 0;
        const look = (): string | undefined => (++looks === 3 ? "there" : undefined);
        assert.equal(await waitFor(look, { what: "it", timeoutMs: 5_000, intervalMs: 1 }), "there");
        assert.equal(looks, 3);
    });

    it("says what it waited for, and the last state", async () => {
        await assert.rejects(
            waitFor(() => undefined, {
                what: "the API server",
                timeoutMs: 5,
                intervalMs: 1,
                describe: () => "refused",
            }),
            (error: unknown) =>
                error instanceof UserError &&
                error.message.includes("the API server") &&
                error.details[0] === "refused",
        );
    });

    it("stops when it is aborted, and lets a failed look through", async () => {
        const controller = new AbortController();
        const waiting = waitFor(() => undefined, { what: "it", timeoutMs: 60_000, signal: controller.signal });
        controller.abort();
        await assert.rejects(waiting, { name: "AbortError" });
        const broken = (): never => {
            throw new Error("broken");
        };
        await assert.rejects(waitFor(broken, { what: "it", timeoutMs: 60_000 }), /broken/);
    });
});
