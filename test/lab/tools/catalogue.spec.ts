import assert from "node:assert/strict";
import { toolCatalogue, type ToolEntry, type ToolName } from "../../../lab/tools/catalogue";
import { requirements } from "../../../lab/tools/modules";
import { readPin, thisMachine } from "../../../lab/tools/pin";

const linux = { os: "linux", arch: "amd64" };

function entryOf(name: ToolName): ToolEntry {
    const entry = toolCatalogue.find((candidate) => candidate.name === name);
    assert.ok(entry);
    return entry;
}

describe("the catalogue of lab tools", () => {
    const released: Record<ToolName, (version: string) => [url: string, checksumUrl: string][] | undefined> = {
        etcd: (v) => [
            [
                `https://github.com/etcd-io/etcd/releases/download/${v}/etcd-${v}-linux-amd64.tar.gz`,
                `https://github.com/etcd-io/etcd/releases/download/${v}/SHA256SUMS`,
            ],
        ],
        versitygw: (v) => [
            [
                `https://github.com/versity/versitygw/releases/download/${v}/versitygw_${v}_Linux_x86_64.tar.gz`,
                `https://github.com/versity/versitygw/releases/download/${v}/checksums.txt`,
            ],
        ],
        registry: (v) => {
            const base = `https://github.com/distribution/distribution/releases/download/${v}`;
            const file = `${base}/registry_${v.slice(1)}_linux_amd64.tar.gz`;
            return [[file, `${file}.sha256`]];
        },
        helm: (v) => [
            [
                `https://get.helm.sh/helm-${v}-linux-amd64.tar.gz`,
                `https://get.helm.sh/helm-${v}-linux-amd64.tar.gz.sha256sum`,
            ],
        ],
        kwok: () => undefined,
        velero: () => undefined,
        kubernetes: (v) =>
            ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"].map((name) => [
                `https://dl.k8s.io/release/${v}/bin/linux/amd64/${name}`,
                `https://dl.k8s.io/release/${v}/bin/linux/amd64/${name}.sha256`,
            ]),
    };

    for (const [name, urls] of Object.entries(released) as [ToolName, (version: string) => unknown][]) {
        it(`reads the version of ${name} from its go.mod and knows where its release is`, async () => {
            const entry = entryOf(name);
            const pin = await readPin(entry, linux);
            const { version } = pin.target;
            assert.match(version, /^v\d+\.\d+\.\d+$/);
            assert.match(pin.key, new RegExp(`^${version}-linux-amd64-[0-9a-f]{12}$`));
            assert.match(pin.goVersion, /^1\.\d+\.\d+$/);
            const files = entry.release(pin.target);
            assert.deepEqual(
                files?.map(({ url, checksumUrl }) => [url, checksumUrl]),
                urls(version),
            );
            if (files === undefined) return;
            const held = files.flatMap(({ holds }) => (typeof holds === "string" ? [holds] : Object.keys(holds)));
            assert.deepEqual(
                held,
                entry.binaries.map((binary) => binary.name),
            );
        });
    }

    it("has no binary twice", () => {
        const names = toolCatalogue.flatMap(({ binaries }) => binaries.map(({ name }) => name));
        assert.deepEqual(names, [...new Set(names)]);
    });

    it("builds for macOS what is published for Linux only", async () => {
        const mac = { os: "darwin", arch: "arm64" };
        const byTool = await Promise.all(
            toolCatalogue.map(async (entry) => [
                entry.name,
                entry.release((await readPin(entry, mac)).target)?.map(({ url }) => url.replace(/.*\//, "")),
            ]),
        );
        const { version: helm } = (await readPin(entryOf("helm"), mac)).target;
        const { version: versitygw } = (await readPin(entryOf("versitygw"), mac)).target;
        assert.deepEqual(Object.fromEntries(byTool), {
            etcd: undefined,
            registry: undefined,
            kubernetes: undefined,
            kwok: undefined,
            velero: undefined,
            helm: [`helm-${helm}-darwin-arm64.tar.gz`],
            versitygw: [`versitygw_${versitygw}_Darwin_arm64.tar.gz`],
        });
    });

    it("stamps Kubernetes as its publisher does, in the servers and in the client", () => {
        assert.deepEqual(entryOf("kubernetes").stamps("v1.37.2"), {
            "k8s.io/component-base/version.gitVersion": "v1.37.2",
            "k8s.io/component-base/version.gitMajor": "1",
            "k8s.io/component-base/version.gitMinor": "37",
            "k8s.io/component-base/version.gitTreeState": "clean",
            "k8s.io/client-go/pkg/version.gitVersion": "v1.37.2",
            "k8s.io/client-go/pkg/version.gitMajor": "1",
            "k8s.io/client-go/pkg/version.gitMinor": "37",
            "k8s.io/client-go/pkg/version.gitTreeState": "clean",
        });
    });
});

describe("a tool's pin", () => {
    const texts: Record<string, [goMod: string, version: string | undefined]> = {
        "on a line of its own": ["require example.com/x v1.2.3\n", "v1.2.3"],
        "inside a block": ["require (\n\texample.com/y v9.9.9\n\texample.com/x v1.2.3 // indirect\n)\n", "v1.2.3"],
        "beside a longer name": ["require example.com/x/v2 v2.0.0\nrequire example.com/x v1.2.3\n", "v1.2.3"],
        "not by a replacement": ["replace example.com/x => ./x\n", undefined],
        "not by a tool": ["tool example.com/x\n", undefined],
    };
    for (const [name, [goMod, version]] of Object.entries(texts)) {
        it(`stands in go.mod ${name}`, () => {
            assert.equal(requirements(goMod).get("example.com/x"), version);
        });
    }

    it("has another key for another stamp", async () => {
        const entry = entryOf("helm");
        const other: ToolEntry = { ...entry, stamps: () => ({ "main.version": "x" }) };
        assert.notEqual((await readPin(entry, linux)).key, (await readPin(other, linux)).key);
    });

    it("is for machines that the lab runs on", () => {
        assert.deepEqual(thisMachine("linux", "x64"), { os: "linux", arch: "amd64" });
        assert.deepEqual(thisMachine("darwin", "arm64"), { os: "darwin", arch: "arm64" });
        assert.throws(() => thisMachine("win32", "x64"), /the lab does not run on win32\/x64/);
        assert.throws(() => thisMachine("linux", "riscv64"), /linux\/riscv64/);
    });
});
