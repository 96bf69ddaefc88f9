/** Absolute paths of the binaries that a lab is made of; the caller resolves them (lab/tools). */
export interface LabBinaries {
    readonly etcd: string;
    readonly "kube-apiserver": string;
    readonly "kube-controller-manager": string;
    readonly "kube-scheduler": string;
    readonly kubectl: string;
    readonly kwok: string;
    readonly kwokctl: string;
    readonly versitygw: string;
    readonly helm: string;
    /** The distribution registry. With it, a lab serves the Harbor of a stack; without, it does not. */
    readonly registry?: string;
}

const names = [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubectl",
    "kwok",
    "kwokctl",
    "versitygw",
    "helm",
] as const satisfies readonly (keyof LabBinaries)[];

/** The paths by name, from what the resolver found. */
export function labBinaries(resolved: readonly { readonly name: string; readonly file: string }[]): LabBinaries {
    const files = new Map(resolved.map(({ name, file }) => [name, file]));
    const missing = names.filter((name) => !files.has(name));
    if (missing.length > 0) throw new Error(`binaries of the lab were not resolved: ${missing.join(", ")}`);
    return Object.fromEntries(files) as unknown as LabBinaries;
}
