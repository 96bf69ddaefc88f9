import assert from "node:assert/strict";
import { swiftValues, type SwiftSettings } from "../../components/storage/swift-values";
import { parseSettings } from "../../config/settings";
import { evaluateSettings } from "../support/mocks";
import { secretValue } from "../support/secret-value";

const cluster = { kind: "kubeconfig" };
const swift = {
    kind: "swift",
    authUrl: "https://keystone.example.com:5000/v3",
    container: "images",
    username: "harbor",
    password: "hush-hush",
};

function settingsOf(more: Readonly<Record<string, unknown>> = {}): SwiftSettings {
    const { storage } = parseSettings({ cluster, storage: { ...swift, ...more } });
    assert.ok(storage.kind === "swift");
    return storage;
}

describe("storage swift", () => {
    it("gives the chart what the driver needs, and no redirects", () => {
        assert.deepEqual(swiftValues(settingsOf(), "credentials"), {
            type: "swift",
            disableredirect: true,
            swift: {
                authurl: "https://keystone.example.com:5000/v3",
                container: "images",
                username: "harbor",
                domain: "Default",
                existingSecret: "credentials",
            },
        });
    });

    it("takes all of its settings", () => {
        const more = { region: "RegionOne", tenant: "registry", domain: "scs", redirect: true, skipVerify: true };
        assert.deepEqual(swiftValues(settingsOf(more), "credentials"), {
            type: "swift",
            disableredirect: false,
            swift: {
                authurl: "https://keystone.example.com:5000/v3",
                container: "images",
                username: "harbor",
                domain: "scs",
                region: "RegionOne",
                tenant: "registry",
                insecureskipverify: true,
                existingSecret: "credentials",
            },
        });
        assert.equal(swiftValues(settingsOf({ caSecret: "ca" }), "credentials")["caBundleSecretName"], "ca");
    });

    it("keeps the password in a Secret", async () => {
        const resources = await evaluateSettings({ cluster, storage: swift });
        const secret = resources.find(({ name }) => name === "registry-storage-credentials");
        assert.deepEqual(secretValue(secret?.inputs["stringData"]), { REGISTRY_STORAGE_SWIFT_PASSWORD: "hush-hush" });
        const release = resources.find(({ name }) => name === "registry-harbor-release");
        assert.match(JSON.stringify(release?.inputs), /"existingSecret":"harbor-registry-storage"/);
        assert.doesNotMatch(JSON.stringify(release?.inputs), /hush-hush/);
    });

    it("makes no Secret where one is named", async () => {
        const storage = { ...swift, password: undefined, existingSecret: "swift" };
        const resources = await evaluateSettings({ cluster, storage });
        assert.ok(!resources.some(({ name }) => name.startsWith("registry-storage-")));
        const release = resources.find(({ name }) => name === "registry-harbor-release");
        assert.match(JSON.stringify(release?.inputs), /"existingSecret":"swift"/);
    });
});
