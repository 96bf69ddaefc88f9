import type { PropertyChange } from "../../engine";
import type { Exec } from "../../../lib/exec";
import { ExitCode, UserError } from "../../../lib/errors";
import type { ResourceRecord } from "./state";
import { plainValues, type Values } from "./values";

/**
 * What the engine asks of a kind of resources. Inputs carry the marks of values.ts in `inputs` of a record;
 * what a kind gets as `news` is plain, with unknowns as they are (only in a preview).
 */
export interface Kind {
    /** Completes the inputs (a generated name, defaults). `inputs` carry marks. @throws UserError for wrong ones */
    check?(inputs: Values, old: ResourceRecord | undefined, context: KindContext): Values | Promise<Values>;
    /** What differs beside the inputs (the live object), and what an update or a replacement is. */
    diff(old: ResourceRecord, news: Values, inputDiff: readonly PropertyChange[], context: KindContext): Promise<Diff>;
    /** The outputs of a resource that is yet to be made, as far as they are known: all others are unknown. */
    planned?(news: Values, context: KindContext): Values | Promise<Values>;
    create(news: Values, context: KindContext): Promise<Made>;
    /** Absent: each change makes a new resource. */
    update?(old: ResourceRecord, news: Values, context: KindContext): Promise<Made>;
    /** The live resource. undefined: it is gone. Absent: the record is all that there is. */
    read?(
        old: Pick<ResourceRecord, "inputs" | "outputs"> & { id: string },
        context: KindContext,
    ): Promise<Made | undefined>;
    /** Absent: nothing exists but the record. */
    delete?(old: ResourceRecord & { id: string }, context: KindContext): Promise<void>;
    /** The differences of two outputs that an operator wants to hear of. Absent: all of them. */
    readonly visible?: (before: Values, after: Values) => PropertyChange[];
    /** The id that `create` would have given, to clean up after one that was interrupted. */
    plannedId?(inputs: Values): string | undefined;
}

export interface Diff {
    readonly kind: "same" | "update" | "replace" | "recreate";
    readonly changes: readonly PropertyChange[];
    /** The new one cannot stand beside the old one. */
    readonly deleteBeforeReplace?: boolean;
    /** The outputs as they are now or will be, where the kind knows; same: the record is brought up to date. */
    readonly outputs?: Values;
}

export interface Made {
    readonly id: string;
    /** Plain. */
    readonly outputs: Values;
    /** Keys of the outputs that are secret whatever the inputs are. */
    readonly secretOutputs?: readonly string[];
    /** It exists but did not become what it should: recorded, and the operation fails with this. */
    readonly failure?: Error;
}

/** An operation of which nobody knows whether it came to pass: the connection broke. It stays on record as begun. */
export class UncertainError extends Error {}

export interface KindContext {
    readonly urn: string;
    readonly type: string;
    readonly name: string;
    readonly preview: boolean;
    /** Plain inputs of the provider, or the stack's settings of that package. */
    readonly provider: Values;
    /** The same work was interrupted before: what it left must be taken over. */
    readonly interrupted: boolean;
    /** Whether any input is secret. */
    readonly hasSecrets: boolean;
    /** Property paths whose changes by others are to be left alone. */
    readonly ignoreChanges: readonly string[];
    /** Aborted when an operation under way should not wait any longer. */
    readonly signal: AbortSignal;
    /** The stack's settings, `namespace:key` to its text. */
    readonly config: Readonly<Record<string, string>>;
    readonly project: string;
    readonly projectRoot: string;
    readonly exec: Exec;
    /** From customTimeouts. */
    readonly timeoutMs: number | undefined;
    log(severity: "info" | "warning", message: string): void;
    /** Records the process that does the work, so that it is found if we are killed. */
    recordProcess(pid: number): Promise<void>;
}

/** Loads a kind's module only when a resource of that kind appears. */
export function loadKind(type: string): Kind {
    /* oxlint-disable typescript/no-require-imports -- a relative import() would go to Node's ES loader */
    if (type === "pulumi:providers:kubernetes") return { ...providerKind, check: checkCluster };
    if (type.startsWith("pulumi:providers:")) return providerKind;
    if (type === "kubernetes:helm.sh/v3:Release") {
        return (require("./kinds/release") as typeof import("./kinds/release")).releaseKind;
    }
    if (/^kubernetes:(?!helm\.sh|yaml|kustomize).*Patch$/.test(type)) {
        return (require("./kinds/kubernetes-patch") as typeof import("./kinds/kubernetes-patch")).kubernetesPatchKind;
    }
    if (type.startsWith("kubernetes:") && !/^kubernetes:(helm\.sh|yaml|kustomize)\b|List$/.test(type)) {
        return (require("./kinds/kubernetes") as typeof import("./kinds/kubernetes")).kubernetesKind;
    }
    if (type.startsWith("random:index/")) {
        const kind = (require("./kinds/random") as typeof import("./kinds/random")).randomKinds[lastPart(type)];
        if (kind) return kind;
    }
    if (type.startsWith("tls:index/")) {
        const kind = (require("./kinds/tls") as typeof import("./kinds/tls")).tlsKinds[lastPart(type)];
        if (kind) return kind;
    }
    if (type === "command:local:Command") {
        return (require("./kinds/command") as typeof import("./kinds/command")).commandKind;
    }
    if (type.startsWith("pulumi-nodejs:dynamic")) {
        return (require("./kinds/dynamic") as typeof import("./kinds/dynamic")).dynamicKind;
    }
    /* oxlint-enable typescript/no-require-imports */
    throw new UserError(`the rehearsal engine does not know resources of the kind ${type}`, {
        next: ["use the pulumi engine for this stack: --engine pulumi"],
    });
}

/** A cluster that is no lab is refused where it is named, before any of its objects is looked at. */
async function checkCluster(inputs: Values): Promise<Values> {
    // oxlint-disable-next-line typescript/no-require-imports -- a relative import() would go to Node's ES loader
    const { connect } = require("./kinds/kubernetes/connection") as typeof import("./kinds/kubernetes/connection");
    try {
        await connect(plainValues(inputs));
    } catch (error) {
        // As with Pulumi, a cluster that does not answer concerns its objects only.
        if (error instanceof UserError && error.exitCode === ExitCode.refused) throw error;
    }
    return inputs;
}

function lastPart(type: string): string {
    return type.slice(type.lastIndexOf(":") + 1);
}

/** A provider is nothing but its settings; those who use it get its inputs. */
const providerKind: Kind = {
    diff: (_old, _news, inputDiff) =>
        Promise.resolve({ kind: inputDiff.length > 0 ? "update" : "same", changes: inputDiff }),
    create: (news) => Promise.resolve({ id: crypto.randomUUID(), outputs: news }),
    update: (old, news) => Promise.resolve({ id: old.id ?? crypto.randomUUID(), outputs: news }),
};

/** Milliseconds of a text such as "90s", "1h30m" or "250ms". @throws UserError for any other */
export function durationMs(text: string): number {
    const units: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
    const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
    if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) {
        throw new UserError(`"${text}" is no duration`, { next: ['write it like "90s" or "10m"'] });
    }
    return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? ""] ?? 0), 0);
}
