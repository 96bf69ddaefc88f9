import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { compare } from "bcryptjs";
import type { Kind, KindContext, Made } from "../../../../automation/engines/rehearsal/kinds";
import { randomKinds } from "../../../../automation/engines/rehearsal/kinds/random";
import { isDue, tlsKinds } from "../../../../automation/engines/rehearsal/kinds/tls";
import type { Values } from "../../../../automation/engines/rehearsal/values";
import { exec } from "../../../../lib/exec";

/** These kinds look at their inputs only. */
const context = {} as KindContext;

function make(kinds: Readonly<Record<string, Kind>>, name: string, inputs: Values): Promise<Made> {
    return (kinds[name] ?? assert.fail(`no kind ${name}`)).create(inputs, context);
}

function textOf(made: Made, key: string): string {
    const value = made.outputs[key];
    return typeof value === "string" ? value : assert.fail(`${key} is no text`);
}

describe("rehearsal engine: random", () => {
    it("makes passwords of the classes that are asked for, with their hash", async () => {
        for (let round = 0; round < 5; round++) {
            const made = await make(randomKinds, "RandomPassword", {
                length: 16,
                special: false,
                minUpper: 3,
                minNumeric: 4,
                minLower: 2,
            });
            const result = textOf(made, "result");
            assert.match(result, /^[A-Za-z0-9]{16}$/);
            assert.ok((result.match(/[A-Z]/g) ?? []).length >= 3 && (result.match(/[0-9]/g) ?? []).length >= 4, result);
            assert.ok(await compare(result, textOf(made, "bcryptHash")));
            assert.deepEqual(made.secretOutputs, ["result", "bcryptHash"]);
        }
        const special = await make(randomKinds, "RandomPassword", { length: 8, overrideSpecial: "_", minSpecial: 8 });
        assert.equal(textOf(special, "result"), "_".repeat(8));
    });

    it("makes the other kinds in the provider's forms", async () => {
        const id = await make(randomKinds, "RandomId", { byteLength: 4, prefix: "p-" });
        const hex = textOf(id, "hex").replace("p-", "");
        assert.equal(textOf(id, "dec"), `p-${String(parseInt(hex, 16))}`);
        assert.equal(id.id, Buffer.from(hex, "hex").toString("base64url"));
        assert.match(
            (await make(randomKinds, "RandomPet", { length: 3, separator: "_" })).id,
            /^[a-z]+_[a-z]+_[a-z]+$/,
        );
        assert.match(textOf(await make(randomKinds, "RandomUuid", {}), "result"), /^[0-9a-f-]{36}$/);
        const numbers = await make(randomKinds, "RandomInteger", { min: 5, max: 5 });
        assert.equal(numbers.outputs["result"], 5);
        const order = (await make(randomKinds, "RandomShuffle", { inputs: ["a", "b", "c"], resultCount: 5 })).outputs[
            "results"
        ];
        assert.ok(Array.isArray(order) && order.length === 5);
        assert.deepEqual([...new Set(order.slice(0, 3))].sort(), ["a", "b", "c"]);
        assert.equal(
            Buffer.from(textOf(await make(randomKinds, "RandomBytes", { length: 9 }), "hex"), "hex").length,
            9,
        );
    });

    for (const [name, inputs, message] of [
        ["RandomPassword", { length: 2, minLower: 3 }, /less than the sum/],
        ["RandomPassword", { length: 0 }, /length must be at least 1/],
        ["RandomString", { length: 4, lower: false, upper: false, numeric: false, special: false }, /no class/],
        ["RandomInteger", { min: 2, max: 1 }, /max \(1\) is less than min \(2\)/],
    ] as const) {
        it(`refuses ${name} ${JSON.stringify(inputs)}`, () => assert.rejects(make(randomKinds, name, inputs), message));
    }
});

describe("rehearsal engine: tls", function () {
    this.timeout(60_000);

    for (const [algorithm, curve, header] of [
        ["RSA", undefined, "RSA PRIVATE KEY"],
        ["ECDSA", "P256", "EC PRIVATE KEY"],
        ["ECDSA", "P521", "EC PRIVATE KEY"],
        ["ED25519", undefined, "PRIVATE KEY"],
    ] as const) {
        it(`makes a key ${algorithm} ${curve ?? ""} in every form, as ssh-keygen reads it`, async () => {
            const inputs = { algorithm, ...(curve ? { ecdsaCurve: curve } : {}) };
            const made = await make(tlsKinds, "PrivateKey", inputs);
            assert.ok(textOf(made, "privateKeyPem").startsWith(`-----BEGIN ${header}-----`));
            const publicPem = createPublicKey(createPrivateKey(textOf(made, "privateKeyPem"))).export({
                type: "spki",
                format: "pem",
            });
            assert.equal(textOf(made, "publicKeyPem"), publicPem);
            assert.equal(
                createPublicKey(createPrivateKey(textOf(made, "privateKeyPemPkcs8"))).export({
                    type: "spki",
                    format: "pem",
                }),
                publicPem,
            );
            const folder = await mkdtemp(path.join(tmpdir(), "anchorage-tls-"));
            try {
                const file = path.join(folder, "key");
                await writeFile(file, textOf(made, "privateKeyOpenssh"), { mode: 0o600 });
                const shown = await exec("ssh-keygen", ["-y", "-f", file]);
                assert.equal(shown.stdout.trim(), textOf(made, "publicKeyOpenssh").trim());
                const fingerprint = await exec("ssh-keygen", ["-l", "-f", file]);
                assert.ok(fingerprint.stdout.includes(textOf(made, "publicKeyFingerprintSha256")));
            } catch (error) {
                if ((error as { code?: string }).code !== "ENOENT") throw error; // no ssh-keygen here: the PEM forms are tested
            } finally {
                await rm(folder, { recursive: true, force: true });
            }
        });
    }

    it("makes an authority, and a certificate that it signed", async () => {
        const caKey = textOf(
            await make(tlsKinds, "PrivateKey", { algorithm: "ECDSA", ecdsaCurve: "P384" }),
            "privateKeyPem",
        );
        const key = textOf(await make(tlsKinds, "PrivateKey", { algorithm: "RSA" }), "privateKeyPem");
        const ca = await make(tlsKinds, "SelfSignedCert", {
            privateKeyPem: caKey,
            isCaCertificate: true,
            allowedUses: ["cert_signing"],
            validityPeriodHours: 48,
            subject: { commonName: "root", organization: "Anchorage", country: "DE" },
        });
        const request = await make(tlsKinds, "CertRequest", {
            privateKeyPem: key,
            dnsNames: ["harbor.test"],
            ipAddresses: ["127.0.0.1"],
            subject: { commonName: "harbor.test" },
        });
        const signed = await make(tlsKinds, "LocallySignedCert", {
            caCertPem: textOf(ca, "certPem"),
            caPrivateKeyPem: caKey,
            certRequestPem: textOf(request, "certRequestPem"),
            allowedUses: ["server_auth", "digital_signature"],
            validityPeriodHours: 24,
        });
        const [root, leaf] = [ca, signed].map((made) => new X509Certificate(textOf(made, "certPem")));
        assert.ok(root?.ca && leaf && !leaf.ca);
        assert.equal(root.subject, "C=DE\nO=Anchorage\nCN=root");
        assert.ok(leaf.verify(root.publicKey), "the signature holds");
        assert.ok(leaf.checkIssued(root));
        assert.ok(leaf.checkPrivateKey(createPrivateKey(key)));
        assert.equal(leaf.subjectAltName, "DNS:harbor.test, IP Address:127.0.0.1");
        assert.deepEqual(leaf.keyUsage, ["1.3.6.1.5.5.7.3.1"]);
        assert.equal(new Date(leaf.validTo).getTime(), new Date(textOf(signed, "validityEndTime")).getTime());
        assert.equal(signed.id, BigInt(`0x${leaf.serialNumber}`).toString());
    });

    it("is due for renewal when the early hours begin", () => {
        const at = (time: string) => isDue("2026-01-10T00:00:00Z", { earlyRenewalHours: 24 }, new Date(time));
        assert.deepEqual([at("2026-01-08T23:59:59Z"), at("2026-01-09T00:00:00Z")], [false, true]);
        assert.ok(!isDue("2026-01-10T00:00:00Z", {}, new Date("2026-01-09T23:59:59Z")));
    });
});
