import assert from "node:assert/strict";
import { exposureOf } from "../../components/exposure-values";
import { publicCertificate } from "../../components/certificates-values";
import type { ExposureOutput } from "../../config/contract";
import { parseSettings } from "../../config/settings";
import { cluster, ingress, letsEncrypt, rateLimit, route } from "../support/exposures";

function outputOf(exposure: Readonly<Record<string, unknown>>): ExposureOutput {
    const settings = parseSettings({ cluster, exposure, tls: letsEncrypt });
    const { secret, caSecret } = publicCertificate(settings);
    return exposureOf({ settings, certificateSecret: secret, caSecret }).output;
}

describe("the rate limit in the stack's outputs", () => {
    for (const [what, exposure] of Object.entries({
        ingress: ingress("ingress-nginx"),
        route: route("envoy-gateway"),
    })) {
        it(`is there where the ${what} has one, for verify to run into, and absent where it has none`, () => {
            const output = outputOf({ ...exposure, rateLimit });
            assert.ok("rateLimit" in output);
            assert.equal(output.rateLimit?.requestsPerSecond, rateLimit.requestsPerSecond);
            assert.ok(output.rateLimit.burst >= 1);
            assert.ok(!("rateLimit" in outputOf(exposure)));
        });
    }
});
