import assert from "node:assert/strict";
import { UserError } from "../../lib/errors";
import type { LabEndpoints } from "../../lib/home";
import { waitFor } from "../../lib/wait";
import { kubectl } from "./engine-lab";

/** What the work fails with: an error for the user, which does not say the secret. */
export async function userErrorOf(work: Promise<unknown>, secret: string): Promise<UserError> {
    const error: unknown = await work.then(
        () => undefined,
        (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof UserError, `no UserError but ${String(error)}`);
    assert.notEqual(error.exitCode, 0);
    assert.ok(!error.render().includes(secret));
    return error;
}

/** Velero may have found its location gone; it looks again every ten seconds. */
export async function locationAvailable(lab: LabEndpoints): Promise<void> {
    const phase = ["-n", "velero", "get", "backupstoragelocation", "anchorage", "-o", "jsonpath={.status.phase}"];
    const look = async (): Promise<true | undefined> =>
        (await kubectl(lab, ...phase)) === "Available" ? true : undefined;
    await waitFor(look, { what: "the location to be Available", timeoutMs: 60_000, intervalMs: 200 });
}
