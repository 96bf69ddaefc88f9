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
}

export interface ReleaseOutput {
    /** Name of the Helm release. */
    readonly name: string;
    /** `2.15.2` */
    readonly harborVersion: string;
    /** `1.19.2` */
    readonly chartVersion: string;
}

/** Where the administrator's password is. */
export interface AdminOutput {
    /** Harbor's built-in administrator is always `admin`. */
    readonly user: string;
    readonly secretName: string;
    readonly secretKey: string;
}

/** How clients reach the registry. Other kinds join this union with their components. */
export interface ExposureOutput {
    readonly kind: "clusterIP";
    /** The Service to forward to, in the release's namespace. */
    readonly service: string;
    readonly servicePort: number;
    /** The port on this machine that {@link StackOutputs.registryUrl} names. */
    readonly localPort: number;
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

/** Names of the outputs, in the order in which they are printed. */
export const outputNames = [
    "registryUrl",
    "namespace",
    "release",
    "admin",
    "exposure",
    "cluster",
] as const satisfies readonly (keyof StackOutputs)[];
