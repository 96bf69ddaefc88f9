import { homedir } from "node:os";
import path from "node:path";

/**
 * Where things are kept. Everything of one checkout lies below {@link anchorageHome}; what several
 * checkouts share (the lab's binaries) lies below {@link cacheHome}.
 */

/** The folder of Pulumi.yaml. */
export const projectRoot = path.resolve(__dirname, "..");

/** `$ANCHORAGE_HOME`, or `.anchorage` in the project's folder: labs, state of the rehearsal engine, reports. */
export function anchorageHome(): string {
    return path.resolve(process.env["ANCHORAGE_HOME"] ?? path.join(projectRoot, ".anchorage"));
}

/** `$ANCHORAGE_CACHE`, or `anchorage` in the user's cache folder. */
export function cacheHome(): string {
    const base = process.env["XDG_CACHE_HOME"] ?? path.join(homedir(), ".cache");
    return path.resolve(process.env["ANCHORAGE_CACHE"] ?? path.join(base, "anchorage"));
}

/** The one folder that holds everything of a lab. */
export function labFolder(name: string): string {
    return path.join(anchorageHome(), "labs", name);
}

/** What a lab hands over; see {@link LabEndpoints}. Written with mode 0600: it holds the S3 keys. */
export function labEndpointsFile(name: string): string {
    return path.join(labFolder(name), "endpoints.json");
}

/** Addresses of a lab's Harbors by their namespace; written while it runs, with each one that comes and goes. */
export function labHarborsFile(name: string): string {
    return path.join(labFolder(name), "harbor", "addresses.json");
}

/**
 * What a running lab hands over, as JSON in {@link labEndpointsFile}. The only thing that the program and
 * the engines know of a lab.
 */
export interface LabEndpoints {
    readonly name: string;
    /** The value of `data.id` in ConfigMap kube-system/anchorage-lab: proves that a cluster is this lab. */
    readonly id: string;
    /** Absolute path. */
    readonly kubeconfig: string;
    readonly context: string;
    readonly s3: {
        /** http://127.0.0.1:PORT */
        readonly endpoint: string;
        readonly region: string;
        readonly accessKey: string;
        readonly secretKey: string;
    };
    /** Absolute paths of binaries that users of the lab run. */
    readonly tools: { readonly kubectl: string; readonly helm: string };
    /** Absolute path of the folder of the operators' contract charts: there once `lab charts` has made them. */
    readonly charts: string;
    /** Where clients reach the stack's Harbor once its core is Ready: http://127.0.0.1:PORT; not of every lab. */
    readonly harbor?: { readonly url: string };
}

/** Name of the ConfigMap in kube-system that marks a cluster as a lab. */
export const labMarker = { namespace: "kube-system", name: "anchorage-lab" } as const;

/** CSI driver of the volumes of a lab. */
export const labVolumeDriver = "volume.lab.anchorage";
