import path from "node:path";

/**
 * The lab's binaries: which tool brings which, how it is stamped with its version, and where its publisher
 * serves it with a checksum. Versions stand in `lab/tools/<name>/go.mod` and nowhere else (see pin.ts).
 */
export type ToolName = "etcd" | "kubernetes" | "kwok" | "helm" | "versitygw" | "registry" | "velero";

/** The machine that a binary is for, in Go's words, and the version with its leading "v": v1.37.2. */
export interface ToolTarget {
    readonly version: string;
    /** linux, darwin */
    readonly os: string;
    /** amd64, arm64 */
    readonly arch: string;
}

/** One file that a publisher serves, with what proves that it is whole. */
export interface ReleaseFile {
    readonly url: string;
    /** A bare SHA-256 digest, or lines of `digest  file name` as sha256sum(1) writes them. */
    readonly checksumUrl: string;
    /**
     * What it holds: the path inside a tar.gz by the name of the binary, or the name of the one binary
     * that the file itself is.
     */
    readonly holds: string | Readonly<Record<string, string>>;
}

export interface ToolEntry {
    readonly name: ToolName;
    /** The required module whose version is the tool's. */
    readonly module: string;
    /** Absolute path of the folder with go.mod and go.sum. */
    readonly folder: string;
    /** Names of its binaries, each with the name under which `go build tool` leaves it where that differs. */
    readonly binaries: readonly { readonly name: string; readonly builtAs?: string }[];
    /** `-X` values by variable, so that a binary tells its version as the official one does. */
    readonly stamps: (version: string) => Readonly<Record<string, string>>;
    /** Undefined where the publisher serves nothing with a checksum for that machine: it is built. */
    readonly release: (target: ToolTarget) => readonly ReleaseFile[] | undefined;
}

const folderOf = (name: ToolName): string => path.join(__dirname, name);
const bare = (version: string): string => version.replace(/^v/, "");

const kubernetesBinaries = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"] as const;

const etcd: ToolEntry = {
    name: "etcd",
    module: "go.etcd.io/etcd/server/v3",
    folder: folderOf("etcd"),
    // The main package is the module's root, so Go names the binary after the last folder: server.
    binaries: [{ name: "etcd", builtAs: "server" }],
    stamps: () => ({}), // the version is a constant in its source
    release: ({ version, os, arch }) => {
        if (os !== "linux") return undefined; // only zip files for the others
        const base = `https://github.com/etcd-io/etcd/releases/download/${version}`;
        const stem = `etcd-${version}-${os}-${arch}`;
        return [
            {
                url: `${base}/${stem}.tar.gz`,
                checksumUrl: `${base}/SHA256SUMS`,
                holds: { etcd: `${stem}/etcd` },
            },
        ];
    },
};

const kubernetes: ToolEntry = {
    name: "kubernetes",
    module: "k8s.io/kubernetes",
    folder: folderOf("kubernetes"),
    binaries: kubernetesBinaries.map((name) => ({ name })),
    stamps: (version) => {
        const [major = "", minor = ""] = bare(version).split(".");
        const values = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: "clean" };
        const packages = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"];
        return Object.fromEntries(
            packages.flatMap((name) => Object.entries(values).map(([key, value]) => [`${name}.${key}`, value])),
        );
    },
    release: ({ version, os, arch }) => {
        if (os !== "linux") return undefined; // the servers are published for Linux only
        return kubernetesBinaries.map((name) => {
            const url = `https://dl.k8s.io/release/${version}/bin/${os}/${arch}/${name}`;
            return { url, checksumUrl: `${url}.sha256`, holds: name };
        });
    },
};

const kwok: ToolEntry = {
    name: "kwok",
    module: "sigs.k8s.io/kwok",
    folder: folderOf("kwok"),
    binaries: [{ name: "kwok" }, { name: "kwokctl" }],
    stamps: () => ({}), // the version is a constant in its source
    release: () => undefined, // binaries are published, checksums are not
};

const helm: ToolEntry = {
    name: "helm",
    module: "helm.sh/helm/v4",
    folder: folderOf("helm"),
    binaries: [{ name: "helm" }],
    stamps: (version) => ({ "helm.sh/helm/v4/internal/version.version": version }),
    release: ({ version, os, arch }) => {
        const url = `https://get.helm.sh/helm-${version}-${os}-${arch}.tar.gz`;
        return [{ url, checksumUrl: `${url}.sha256sum`, holds: { helm: `${os}-${arch}/helm` } }];
    },
};

const versitygw: ToolEntry = {
    name: "versitygw",
    module: "github.com/versity/versitygw",
    folder: folderOf("versitygw"),
    binaries: [{ name: "versitygw" }],
    stamps: (version) => ({ "main.Version": bare(version) }),
    release: ({ version, os, arch }) => {
        // Names as its .goreleaser.yaml makes them: those of uname.
        const system = os.charAt(0).toUpperCase() + os.slice(1);
        const stem = `versitygw_${version}_${system}_${arch === "amd64" ? "x86_64" : arch}`;
        const base = `https://github.com/versity/versitygw/releases/download/${version}`;
        return [
            {
                url: `${base}/${stem}.tar.gz`,
                checksumUrl: `${base}/checksums.txt`,
                holds: { versitygw: `${stem}/versitygw` },
            },
        ];
    },
};

/** The distribution registry: what Harbor keeps blobs and manifests in. */
const registry: ToolEntry = {
    name: "registry",
    module: "github.com/distribution/distribution/v3",
    folder: folderOf("registry"),
    binaries: [{ name: "registry" }],
    stamps: (version) => ({ "github.com/distribution/distribution/v3/version.version": version }),
    release: ({ version, os, arch }) => {
        if (os !== "linux") return undefined; // only for Linux
        const file = `registry_${bare(version)}_${os}_${arch}.tar.gz`;
        const url = `https://github.com/distribution/distribution/releases/download/${version}/${file}`;
        return [{ url, checksumUrl: `${url}.sha256`, holds: { registry: "registry" } }];
    },
};

/**
 * Velero's server with its plug-in for S3: one module, so that both are built of the same packages. Its publisher has an
 * image of the plug-in and no binary, so they are always built.
 */
const velero: ToolEntry = {
    name: "velero",
    module: "github.com/vmware-tanzu/velero",
    folder: folderOf("velero"),
    binaries: [{ name: "velero" }, { name: "velero-plugin-for-aws" }],
    stamps: (version) => ({
        "github.com/vmware-tanzu/velero/pkg/buildinfo.Version": version,
        "github.com/vmware-tanzu/velero/pkg/buildinfo.GitTreeState": "clean",
        // "0": none. It would open port 8080 beside --metrics-address, so that a machine had room for one server only.
        "sigs.k8s.io/controller-runtime/pkg/metrics/server.DefaultBindAddress": "0",
    }),
    release: () => undefined,
};

/** Every tool, in the order in which they are fetched or built: quick ones first. */
export const toolCatalogue: readonly ToolEntry[] = [etcd, versitygw, registry, helm, kwok, velero, kubernetes];
