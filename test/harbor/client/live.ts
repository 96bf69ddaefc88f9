import assert from "node:assert/strict";
import { openHarbor, type HarborClient } from "../../../harbor/client/client";
import { isHarborError, type HarborErrorKind } from "../../../harbor/client/errors";
import type { Harbor } from "../contract/harbor";

/** Our client on whatever the contract suite runs on; closed when the file has ended. */
export function openLive(harbor: Harbor, user = "admin", password = harbor.target.password): HarborClient {
    const { client, close } = openHarbor({ url: harbor.target.url, user, password });
    harbor.afterwards(close);
    return client;
}

/** Asserts that a call is refused with an error of that kind. */
export async function refusedAs(kind: HarborErrorKind, call: Promise<unknown>): Promise<void> {
    await assert.rejects(call, (error) => {
        assert.ok(isHarborError(error, kind), String(error));
        return true;
    });
}
