import { UserError } from "../../lib/errors";
import { ObjectStoreError } from "../objects/errors";
import type { BlobProblem } from "./blobs";

/** Told one by one; of more only their number. */
const told = 20;
/** After so many the store itself is the problem. */
const most = 1000;

/** Objects that are damaged or gone: one of them does not stop the others, and all are told at the end. */
export class BlobProblems {
    readonly found: BlobProblem[] = [];

    /** @throws what is no matter of one object */
    note(key: string, error: unknown): void {
        if (!(error instanceof ObjectStoreError)) throw error;
        const problem =
            error.kind === "mismatch" ? "digest" : error.kind === "truncated" ? "size" : ("missing" as const);
        if (problem === "missing" && error.kind !== "missing") throw error;
        this.add({ key, problem, detail: [error.message, ...error.details].join(": ") });
    }

    add(problem: BlobProblem): void {
        this.found.push(problem);
    }

    get tooMany(): boolean {
        return this.found.length >= most;
    }

    /** @param what as in "3 objects could not be copied" @throws UserError where there is any */
    throwIfAny(what: string, next: readonly string[]): void {
        const { length } = this.found;
        if (length === 0) return;
        const details = this.found.slice(0, told).map(({ detail }) => detail);
        if (length > told) details.push(`and ${String(length - told)} more`);
        throw new UserError(`${String(length)} ${length === 1 ? "object" : "objects"} ${what}`, { details, next });
    }
}
