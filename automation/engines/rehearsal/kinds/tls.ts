import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import type { Diff, Kind, Made } from "../kinds";
import { text, type Values } from "../values";
import { inThread, loadCertificates } from "./tls/in-thread";
import { algorithmOf, generateKey, keyForms, readPrivateKey } from "./tls/keys";

/** The package tls (pulumi-tls, on Terraform's provider of that name): keys and certificates, made once and kept. */
export const tlsKinds: Readonly<Record<string, Kind>> = {
    PrivateKey: {
        diff: (_old, _news, inputDiff) => Promise.resolve(remade(inputDiff)),
        async create(news) {
            loadCertificates(); // a key is made for a certificate
            const inputs = { rsaBits: 2048, ecdsaCurve: "P224", ...news };
            const key = await generateKey(text(news, "algorithm") ?? "", inputs.rsaBits, inputs.ecdsaCurve);
            const outputs = { ...inputs, ...keyForms(key) };
            return {
                id: keyId(key),
                outputs,
                secretOutputs: ["privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh"],
            };
        },
    },
    SelfSignedCert: certificate("privateKeyPem", async (news, key) => {
        const { serial, ...made } = await inThread("selfSigned", news, key, new Date());
        return { id: serial, outputs: { ...made, keyAlgorithm: algorithmOf(key) } };
    }),
    LocallySignedCert: certificate("caPrivateKeyPem", async (news, key) => {
        const { serial, ...made } = await inThread("locallySigned", news, key, new Date());
        return { id: serial, outputs: { ...made, caKeyAlgorithm: algorithmOf(key) } };
    }),
    CertRequest: {
        diff: (_old, _news, inputDiff) => Promise.resolve(remade(inputDiff)),
        async create(news) {
            const key = readPrivateKey(text(news, "privateKeyPem") ?? "");
            const certRequestPem = await inThread("certificateRequest", news, key);
            const id = createHash("sha1").update(certRequestPem).digest("hex");
            const outputs = { ...news, certRequestPem, keyAlgorithm: algorithmOf(key) };
            return { id, outputs, secretOutputs: ["privateKeyPem"] };
        },
    },
};

/** A certificate is made anew when an input changes, and when less than `earlyRenewalHours` of its time are left. */
function certificate(keyInput: string, make: (news: Values, key: KeyObject) => Promise<Made>): Kind {
    const made = async (news: Values): Promise<Made> => {
        const result = await make(news, readPrivateKey(text(news, keyInput) ?? ""));
        const outputs = {
            earlyRenewalHours: 0,
            isCaCertificate: false,
            readyForRenewal: false,
            ...news,
            ...result.outputs,
        };
        return { ...result, outputs, secretOutputs: [keyInput] };
    };
    return {
        diff(old, news, inputDiff) {
            if (isDue(text(old.outputs, "validityEndTime"), news, new Date())) {
                const change = {
                    path: "readyForRenewal",
                    kind: "update",
                    before: false,
                    after: true,
                    replaces: true,
                } as const;
                return Promise.resolve({ kind: "replace", changes: [...inputDiff, change] });
            }
            const renewalOnly = inputDiff.length > 0 && inputDiff.every(({ path }) => path === "earlyRenewalHours");
            return Promise.resolve(renewalOnly ? { kind: "update", changes: inputDiff } : remade(inputDiff));
        },
        create: made,
        update: (old, news) => {
            const earlyRenewalHours = news["earlyRenewalHours"] ?? 0;
            return Promise.resolve({
                id: old.id ?? "",
                outputs: { ...old.outputs, earlyRenewalHours },
                secretOutputs: [keyInput],
            });
        },
    };
}

/** Whether a certificate that ends then is to be renewed now. */
export function isDue(validityEndTime: string | undefined, inputs: Values, now: Date): boolean {
    if (validityEndTime === undefined) return false;
    const early = typeof inputs["earlyRenewalHours"] === "number" ? inputs["earlyRenewalHours"] : 0;
    return now.getTime() >= new Date(validityEndTime).getTime() - early * 3_600_000;
}

function remade(inputDiff: Diff["changes"]): Diff {
    const changes = inputDiff.map((change) => ({ ...change, replaces: true }));
    return { kind: changes.length > 0 ? "replace" : "same", changes };
}

/** Terraform's provider takes the SHA-1 of the public key. */
function keyId(key: KeyObject): string {
    return createHash("sha1")
        .update(createPublicKey(key).export({ type: "spki", format: "der" }))
        .digest("hex");
}
