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
}
