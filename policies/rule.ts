import type { Resource } from "./resource";

/** One promise. Pure: resources in, sentences out. */
export interface Rule {
    /** In lower case with hyphens: `images-pinned`. */
    readonly name: string;
    /** mandatory: an update that breaks it is refused; advisory: it is told. */
    readonly level: "mandatory" | "advisory";
    /** The promise, and what it protects from. */
    readonly description: string;
    /** What a resource by itself breaks: each with the place, what stands there, and what to do. */
    readonly resource?: (resource: Resource) => readonly string[];
    /** What all of them together break. */
    readonly stack?: (resources: readonly Resource[]) => readonly string[];
}
