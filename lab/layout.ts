import path from "node:path";
import { labEndpointsFile, labFolder, labHarborsFile } from "../lib/home";

/** Number of the state folder's format. A lab of another one is refused, never touched. */
export const labFormat = 2;

/** Where everything of one lab lies: all below its folder but the lock, which outlives a reset. */
export interface LabLayout {
    readonly folder: string;
    /** Held while the lab is started, stopped or removed. */
    readonly lock: string;
    /** The lab's identity and its S3 keys, mode 0600. */
    readonly identity: string;
    /** What it hands over; see LabEndpoints. Mode 0600. */
    readonly endpoints: string;
    readonly kubeconfig: string;
    /** Contract charts of operators, each in a folder of its own; see lab/operators. */
    readonly charts: string;
    /** kwokctl's work folder. */
    readonly kwok: string;
    /** What kwokctl keeps of the cluster: pki, pids, logs, etcd's data. */
    readonly cluster: string;
    readonly kwokConfiguration: string;
    /** There once kwokctl has made the cluster to its end. */
    readonly created: string;
    readonly s3Data: string;
    readonly s3Log: string;
    readonly s3Process: string;
    /** Of the stand-in of Harbor's core: its database, log and processes. */
    readonly harbor: string;
    readonly harborLog: string;
    /** What the distribution registries behind it say of their errors. */
    readonly registryLog: string;
    readonly harborProcess: string;
    readonly harborAddresses: string;
    /** Of Velero, where a stack with backup was on the lab. */
    readonly velero: string;
    readonly veleroLog: string;
    readonly veleroProcess: string;
}

export function labLayout(name: string): LabLayout {
    const folder = labFolder(name);
    const kwok = path.join(folder, "kwok");
    return {
        folder,
        lock: `${folder}.lock`,
        identity: path.join(folder, "lab.json"),
        endpoints: labEndpointsFile(name),
        kubeconfig: path.join(folder, "kubeconfig"),
        charts: path.join(folder, "charts"),
        kwok,
        cluster: path.join(kwok, "clusters", name),
        kwokConfiguration: path.join(folder, "kwokctl.yaml"),
        created: path.join(folder, "created"),
        s3Data: path.join(folder, "s3", "data"),
        s3Log: path.join(folder, "s3", "versitygw.log"),
        s3Process: path.join(folder, "s3", "process.json"),
        harbor: path.join(folder, "harbor"),
        harborLog: path.join(folder, "harbor", "harbor.log"),
        registryLog: path.join(folder, "harbor", "registry.log"),
        harborProcess: path.join(folder, "harbor", "process.json"),
        harborAddresses: labHarborsFile(name),
        velero: path.join(folder, "velero"),
        veleroLog: path.join(folder, "velero", "velero.log"),
        veleroProcess: path.join(folder, "velero", "process.json"),
    };
}
