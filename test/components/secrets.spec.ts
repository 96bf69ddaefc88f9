import assert from "node:assert/strict";
import { Registry } from "../../components/registry";
import { parseSettings } from "../../config/settings";
import { evaluate } from "../support/mocks";

describe("the key that Harbor encrypts credentials with", () => {
    const key = "abcDEF0123456789";
    /** Content of the Secret, which is marked as secret; and the key that was made. */
    const secretOf = async (harbor: object): Promise<{ content: unknown; made: unknown }> => {
        const settings = parseSettings({ cluster: { kind: "kubeconfig" }, harbor });
        const resources = await evaluate(() => new Registry("registry", { settings }));
        const secret = resources.find(({ name }) => name === "registry-secrets-encryption-key-secret");
        const made = resources.find(({ name }) => name === "registry-secrets-encryption-key");
        assert.ok(secret && made);
        // The SDK's wrapping of a secret value.
        const { value: content, ...mark } = secret.inputs["stringData"] as { readonly value: unknown };
        assert.equal(Object.keys(mark).length, 1, "it is not marked as secret");
        return { content, made: made.inputs["length"] };
    };

    it("is made where none is given", async () => {
        const { content, made } = await secretOf({});
        assert.deepEqual(content, { secretKey: "generated-registry-secrets-encryption-key" });
        assert.equal(made, 16);
    });

    it("is the given one; the one that was made stays on record", async () => {
        assert.deepEqual(await secretOf({ encryptionKey: key }), { content: { secretKey: key }, made: 16 });
    });
});
