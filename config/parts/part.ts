import type { Retired } from "../catalogue";

/** What a part is, for its place in a picture. */
export type PartKind =
    | "client"
    | "cluster"
    | "entry"
    | "component"
    | "database"
    | "cache"
    | "storage"
    | "operator"
    | "certificates"
    | "service";

/** One arrow: from the part that asks to the one that answers. */
export interface Use {
    /** Id of the part that answers. */
    readonly part: string;
    /** What goes along the arrow: `SQL`, `images`. */
    readonly what: string;
}

/** Why a part that fails takes something with it, and how that is mended. */
export interface SinglePoint {
    readonly why: string;
    /** What to set, or to do where no setting helps: `set harbor.replicas.core: 2`. */
    readonly mend: string;
}

/** A thing that the registry consists of or stands on. */
export interface Part {
    /** Lower-case letters, digits, hyphens; unique. */
    readonly id: string;
    readonly title: string;
    readonly kind: PartKind;
    /** As the catalogue pins it; absent where the program does not choose it. */
    readonly version?: string;
    /** Absent for what is outside of the cluster. */
    readonly namespace?: string;
    /** Pods or servers that do the same; absent where the program does not choose it. */
    readonly instances?: number;
    readonly retired?: Retired;
    readonly singlePointOfFailure?: SinglePoint;
    readonly uses: readonly Use[];
    /** The data that is lost with it; absent where nothing is. */
    readonly keeps?: string;
}

/** Nothing, or a single point of failure: for the spread into a part. */
export function failsAlone(alone: boolean, why: string, mend: string): Pick<Part, "singlePointOfFailure"> {
    return alone ? { singlePointOfFailure: { why, mend } } : {};
}

export function use(part: string, what: string): Use {
    return { part, what };
}

/** `one node`, `3 nodes`. */
export function count(number: number, noun: string): string {
    return number === 1 ? `one ${noun}` : `${String(number)} ${noun}s`;
}
