/**
 * The engine port: all that a workflow knows of the thing that makes a stack's resources exist.
 * Two adapters: engines/pulumi.ts (the Automation API on the real CLI) and engines/rehearsal.ts (for the
 * lab, where no CLI can be had).
 */

import { UserError } from "../lib/errors";

export type Operation = "create" | "update" | "replace" | "delete" | "same" | "read" | "refresh";

/** One property that differs. Secret values never stand in it: `before` and `after` are then "[secret]". */
export interface PropertyChange {
    /** Dotted path with array indexes: `spec.template.spec.containers[0].image`. */
    readonly path: string;
    readonly kind: "add" | "delete" | "update";
    readonly before?: unknown;
    readonly after?: unknown;
    /** Whether this very property makes the resource be replaced. */
    readonly replaces?: boolean;
}

export interface ResourceChange {
    readonly urn: string;
    /** Pulumi type token, `kubernetes:core/v1:Namespace`. */
    readonly type: string;
    readonly name: string;
    readonly parent?: string;
    readonly op: Operation;
    readonly diff: readonly PropertyChange[];
}

export type EngineEvent =
    | {
          readonly kind: "resource";
          /** `skipped`: something that it depends on failed. */
          readonly phase: "started" | "done" | "failed" | "skipped";
          readonly urn: string;
          readonly type: string;
          readonly name: string;
          readonly op: Operation;
          /** Milliseconds, with `done` and `failed`. */
          readonly elapsedMs?: number;
          readonly error?: string;
      }
    | {
          readonly kind: "diagnostic";
          readonly severity: "info" | "warning" | "error";
          readonly message: string;
          readonly urn?: string;
      };

export interface EngineOptions {
    readonly onEvent?: (event: EngineEvent) => void;
    /** Stops after the operations that are under way; what is done stays recorded. */
    readonly signal?: AbortSignal;
    /** Absolute folders of policy packs (Pulumi's) that a preview or an `up` has to keep. @default none */
    readonly policyPacks?: readonly string[];
    /**
     * A preview of a cluster that does not answer compares with the last recorded state, and says so in a warning with
     * {@link recordWarning}. @default false: it fails
     */
    readonly orRecord?: boolean;
    /** An `up` follows a preview, unless it shows that none must: an engine may prepare for it. @default false */
    readonly beforeUp?: boolean;
}

/** What a preview says that could not look at the cluster. */
export const recordWarning = "the cluster does not answer: compared with the last recorded state";

export interface OutputValue {
    readonly value: unknown;
    readonly secret: boolean;
}

export type Outputs = Readonly<Record<string, OutputValue>>;

export interface EngineResult {
    /** Every resource of the stack that was looked at, in the order of the operations. */
    readonly changes: readonly ResourceChange[];
    readonly summary: Readonly<Partial<Record<Operation, number>>>;
    readonly outputs: Outputs;
    readonly durationMs: number;
}

/** A resource that failed. */
export interface ResourceFailure {
    readonly urn: string;
    readonly name: string;
    readonly message: string;
}

/** One or more resources failed. What was done stays on record, and the next `up` goes on from there. */
export class EngineFailure extends UserError {
    constructor(
        message: string,
        readonly failures: readonly ResourceFailure[],
        options: { readonly next?: readonly string[]; readonly cause?: unknown } = {},
    ) {
        super(message, { ...options, details: failures.map(({ name, message: text }) => `${name}: ${text}`) });
        this.name = "EngineFailure";
    }
}

/** A resource as the engine has it on record. */
export interface ResourceState {
    readonly urn: string;
    readonly type: string;
    readonly name: string;
    readonly parent?: string;
    /** The provider's id; absent for components. */
    readonly id?: string;
    /** False for component resources. */
    readonly custom: boolean;
    readonly protect: boolean;
}

/** A stack of this project, through one engine. */
export interface Engine {
    readonly name: "pulumi" | "rehearsal";
    /** The version of the engine: the CLI's, or the SDK's for the rehearsal. */
    readonly version: string;
    readonly stack: string;
    /** What would change. Touches nothing. */
    preview(options?: EngineOptions): Promise<EngineResult>;
    /** Makes it so. @throws EngineFailure when a resource failed */
    up(options?: EngineOptions): Promise<EngineResult>;
    /** Reads the live objects into the record; changes no object. */
    refresh(options?: EngineOptions): Promise<EngineResult>;
    /** Deletes everything on record, in reverse order. @throws UserError (exit code 3) when a resource is protected */
    destroy(options?: EngineOptions): Promise<EngineResult>;
    /** Lifts the protection of every resource on record, so that {@link destroy} may delete it. */
    unprotect(): Promise<void>;
    /**
     * Puts right what a killed operation left on record: a lock, operations without an end.
     * @returns what was found and done @throws UserError (exit code 3) that names whoever is still at work
     */
    recover(): Promise<readonly string[]>;
    /** The outputs of the last update; empty before the first. */
    outputs(): Promise<Outputs>;
    /** The stack's configuration, `namespace:key` to its text (JSON for objects). Secrets as "[secret]". */
    config(): Promise<Readonly<Record<string, string>>>;
    /** The resources on record, parents before children; empty before the first update. */
    resources(): Promise<readonly ResourceState[]>;
}

/** Which stack, and what its settings are overridden with. */
export interface StackSelection {
    /** Absolute path of the folder with Pulumi.yaml. */
    readonly projectRoot: string;
    readonly stack: string;
    /** Absolute path of a file in place of Pulumi.<stack>.yaml. @default that of the project's folder */
    readonly settingsFile?: string;
    /** Settings put over those of Pulumi.<stack>.yaml: key without namespace, value as it would stand in YAML. */
    readonly overrides?: Readonly<Record<string, unknown>>;
    /** Name of the lab that it is rehearsed in, in place of its own cluster. */
    readonly rehearsedIn?: string;
}

/** Under which name an engine keeps the record of a stack: that of a rehearsal is never the real stack's. */
export function recordName({ stack, rehearsedIn }: StackSelection): string {
    return rehearsedIn === undefined ? stack : `${stack}@${rehearsedIn}`;
}
