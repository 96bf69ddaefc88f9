/**
 * The stack's outputs: all that automation knows of the program. Plain values, none of them secret: where a
 * secret is, never the secret.
 */
export interface StackOutputs {
    /** What clients type: `http://localhost:8080`, `https://registry.example.com`. */
    readonly registryUrl: string;
    /** Namespace of Harbor's release. */
    readonly namespace: string;
    readonly release: ReleaseOutput;
    readonly admin: AdminOutput;
    readonly exposure: ExposureOutput;
    readonly cluster: ClusterOutput;
    /** Harbor's database, and where its password is; absent in outputs of an older program, as the following. */
    readonly database?: DatabaseOutput;
    /** Where Harbor's registry keeps its content. */
    readonly storage?: StorageOutput;
    /** The key that Harbor encrypts credentials in its database with: 16 characters, never to be changed. */
    readonly encryptionKey?: SecretOutput;
    /** Where backups go; absent: the stack has none. */
    readonly backup?: BackupOutput;
}

/** A key of a Secret in the release's namespace. */
export interface SecretOutput {
    readonly secretName: string;
    readonly secretKey: string;
}

/** As Harbor itself connects to it. */
export interface DatabaseOutput {
    readonly kind: "internal" | "cloudnative-pg" | "zalando" | "external";
    /** As a pod of the release's namespace reaches it. */
    readonly host: string;
    readonly port: number;
    readonly database: string;
    /** Owner of the database. */
    readonly user: string;
    readonly sslmode: string;
    /** The CA of its certificate, where it is one of the user's; absent: a public one, or nobody looks. */
    readonly ca?: SecretOutput;
    readonly password: SecretOutput;
}

export type StorageOutput = S3Output | { readonly kind: "volume" | "nfs" | "swift" };

export interface S3Output extends BucketOutput {
    readonly kind: "s3";
    readonly accessKey: SecretOutput;
    readonly secretKey: SecretOutput;
    /** The CA of its certificate, where that is one of its owner's. */
    readonly ca?: SecretOutput;
    /** Its certificate is not checked. */
    readonly skipVerify?: boolean;
}

export interface BucketOutput {
    readonly bucket: string;
    readonly region: string;
    /** `http://host:port`; absent: AWS. */
    readonly endpoint?: string;
    /** Path style; false: the bucket is in the host's name. */
    readonly pathStyle: boolean;
    /** Prefix of all keys, without slashes at its ends; absent: none. */
    readonly prefix?: string;
}

/** Velero, and the bucket of the backup sets. */
export interface BackupOutput {
    /** Namespace of Velero. */
    readonly namespace: string;
    /** Name of the BackupStorageLocation; Velero's own objects are below the bucket's prefix. */
    readonly location: string;
    readonly bucket: BucketOutput;
    /** Secret in Velero's namespace whose key holds an AWS credentials file with the profile `default`. */
    readonly credentials: SecretOutput;
    /** What Velero takes of volumes: nothing, files (Kopia), or CSI snapshots. */
    readonly volumes: "none" | "files" | "snapshots";
    /** ConfigMap in Velero's namespace that says which volumes are left out. */
    readonly volumePolicy?: string;
    /** Sets that `backup` keeps at least, and for how many days. */
    readonly retention: { readonly count: number; readonly days: number };
    /** Bytes that the bucket may hold; absent: nobody knows. */
    readonly capacity?: number;
}

export interface ReleaseOutput {
    /** Name of the Helm release. */
    readonly name: string;
    /** `2.15.2` */
    readonly harborVersion: string;
    /** `1.19.2` */
    readonly chartVersion: string;
    /** Whether Trivy scans images; absent in outputs of an older program. */
    readonly scanning?: boolean;
    /** Whether Harbor's components answer with metrics; absent as above. */
    readonly metrics?: boolean;
}

/** Where the administrator's password is. */
export interface AdminOutput {
    /** Harbor's built-in administrator is always `admin`. */
    readonly user: string;
    readonly secretName: string;
    readonly secretKey: string;
}

/** How clients reach the registry. */
export type ExposureOutput = ForwardOutput | HaProxyOutput | EntryOutput;

/** By a port-forward. */
export interface ForwardOutput {
    readonly kind: "clusterIP";
    /** The Service to forward to, in the release's namespace. */
    readonly service: string;
    readonly servicePort: number;
    /** The port on this machine that {@link StackOutputs.registryUrl} names. */
    readonly localPort: number;
}

/** By an HAProxy outside of the cluster. */
export interface HaProxyOutput extends PublicOutput {
    readonly kind: "nodePort";
    /** Port of the nodes. */
    readonly port: number;
    /** The whole haproxy.cfg; no secret in it. */
    readonly configuration: string;
    /** Host that the configuration is installed on; absent: it is put there by hand. */
    readonly installedOn?: string;
}

/** By an object of the cluster that has an address. */
export interface EntryOutput extends PublicOutput {
    readonly kind: "ingress" | "route" | "loadBalancer";
    readonly address: AddressOutput;
}

interface PublicOutput {
    /** Name that clients type: its DNS record leads to the address, or to HAProxy. */
    readonly host: string;
    /** Secret with the CA that clients have to trust, where it is one of the stack's own; key `ca.crt`. */
    readonly caSecret?: string;
    readonly rateLimit?: RateLimitOutput;
}

/** Of each client; more requests are answered 429. */
export interface RateLimitOutput {
    readonly requestsPerSecond: number;
    /** Times as many at once. */
    readonly burst: number;
}

/** Where the cluster says which address it is, in the release's namespace. */
export interface AddressOutput {
    /** As kubectl takes it: `gateways.gateway.networking.k8s.io/harbor`. */
    readonly resource: string;
    /** `{.status.addresses[0].value}` */
    readonly jsonPath: string;
}

export interface ClusterOutput {
    readonly kind: "lab" | "kind" | "kubeconfig";
    /** Name of the lab or of the KinD cluster; the context for a kubeconfig. */
    readonly name: string;
    /** Context in the kubeconfig. */
    readonly context: string;
    /** Absolute path of the kubeconfig; absent for KinD, whose `kind get kubeconfig` gives it. */
    readonly kubeconfig?: string;
}

/** Names of the outputs that every stack has, those of an older program as well. */
export const outputNames = [
    "registryUrl",
    "namespace",
    "release",
    "admin",
    "exposure",
    "cluster",
] as const satisfies readonly (keyof StackOutputs)[];
