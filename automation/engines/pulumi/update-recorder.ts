import type { EngineEvent as PulumiEvent, OpType, StepEventMetadata } from "@pulumi/pulumi/automation";
import type {
    EngineEvent,
    EngineResult,
    Operation,
    OutputValue,
    Outputs,
    PropertyChange,
    ResourceChange,
    ResourceFailure,
} from "../../engine";
import { givenProperties, holdsSecret, propertyChanges, shownValue } from "./property-diff";

export type UpdateKind = "preview" | "up" | "refresh" | "destroy";

const stackType = "pulumi:pulumi:Stack";

const shownSeverities: ReadonlySet<string> = new Set(["info", "info#err", "warning", "error"]);

/** What the engine adds when something has failed before; it says nothing more. */
const closingWords = /^(update|preview|refresh|destroy) failed$/;

/**
 * The steps of the Pulumi engine in the port's words. A replacement is three steps (create-replacement,
 * replace, delete-replaced) and one operation. Null: a step that is no operation on a resource.
 */
const operations: Record<OpType, Operation | null> = {
    same: "same",
    create: "create",
    update: "update",
    delete: "delete",
    replace: "replace",
    "create-replacement": "replace",
    "delete-replaced": "replace",
    read: "read",
    "read-replacement": "read",
    refresh: "refresh",
    discard: "delete",
    "discard-replaced": "replace",
    "remove-pending-replace": null,
    import: "create",
    "import-replacement": "replace",
};

/**
 * Listens to the events of one update, passes them on as the port's, and adds them up to its result.
 */
export class UpdateRecorder {
    private readonly changes = new Map<string, ResourceChange>();
    private readonly started = new Map<string, number>();
    private readonly ended = new Set<string>();
    /** URN, or "" for the program and the engine, to what was said. */
    private readonly errors = new Map<string, string[]>();
    private readonly broken: string[] = [];
    private stackOutputs: Outputs = {};

    constructor(
        private readonly kind: UpdateKind,
        private readonly emit: (event: EngineEvent) => void,
        private readonly now: () => number,
    ) {}

    readonly accept = (event: PulumiEvent): void => {
        if (event.resourcePreEvent) this.begin(event.resourcePreEvent.metadata);
        else if (event.resOutputsEvent) this.end(event.resOutputsEvent.metadata);
        else if (event.resOpFailedEvent) this.fail(event.resOpFailedEvent.metadata);
        else if (event.diagnosticEvent) this.diagnose(event.diagnosticEvent);
        else if (event.policyEvent) this.judge(event.policyEvent);
    };

    /** What breaks a mandatory rule of a policy pack. */
    get brokenPolicies(): readonly string[] {
        return this.broken;
    }

    /** The outputs that the program registered in this update; the values of secrets as "[secret]". */
    get outputs(): Outputs {
        return this.stackOutputs;
    }

    /** Resources that failed, each with its errors. A preview has no event for it, only the errors. */
    get failures(): readonly ResourceFailure[] {
        return [...this.errors]
            .filter(([urn]) => urn !== "")
            .map(([urn, messages]) => ({ urn, name: nameOf(urn), message: messages.join("; ") }));
    }

    /** Errors of the program and of the engine itself. */
    get programErrors(): readonly string[] {
        return this.errors.get("") ?? [];
    }

    result(outputs: Outputs, durationMs: number): EngineResult {
        const changes = [...this.changes.values()];
        const summary: Partial<Record<Operation, number>> = {};
        for (const { op } of changes) summary[op] = (summary[op] ?? 0) + 1;
        return { changes, summary, outputs, durationMs };
    }

    private begin(step: StepEventMetadata): void {
        const op = operations[step.op];
        if (op === null || isDefaultProvider(step.urn)) return;
        this.record(step, op);
        // A replacement begins three times.
        if (this.started.has(step.urn)) return;
        this.started.set(step.urn, this.now());
        if (op !== "same") this.emit({ kind: "resource", phase: "started", ...subject(step), op });
    }

    private end(step: StepEventMetadata): void {
        if (step.type === stackType && step.new) this.stackOutputs = outputsOf(step.new.outputs);
        // Only when a refresh ends is it known what it found: gone, changed (a refresh, in our words), or not.
        const found = this.kind === "refresh" && step.op === "update" ? "refresh" : operations[step.op];
        if (found === null || isDefaultProvider(step.urn)) return;
        if (this.kind === "refresh") this.record(step, found);
        const op = this.changes.get(step.urn)?.op ?? found;
        // A component ends twice: when it is registered, and when it registers its outputs.
        if (this.ended.has(step.urn)) return;
        this.ended.add(step.urn);
        const elapsedMs = this.now() - (this.started.get(step.urn) ?? this.now());
        this.emit({ kind: "resource", phase: "done", ...subject(step), op, elapsedMs });
    }

    private fail(step: StepEventMetadata): void {
        const op = operations[step.op] ?? "update";
        const error = this.errors.get(step.urn)?.join("; ");
        const elapsedMs = this.now() - (this.started.get(step.urn) ?? this.now());
        this.emit({
            kind: "resource",
            phase: "failed",
            ...subject(step),
            op,
            elapsedMs,
            ...(error === undefined ? {} : { error }),
        });
    }

    private diagnose(diagnostic: NonNullable<PulumiEvent["diagnosticEvent"]>): void {
        // Ephemeral ones are progress texts of a resource that the display overwrites. Debugging ones, which the
        // SDK's types leave out, hold whole properties, secrets among them.
        if (diagnostic.ephemeral === true || !shownSeverities.has(diagnostic.severity)) return;
        const message = plainText(diagnostic.message);
        if (message === "" || closingWords.test(message)) return;
        const { urn } = diagnostic;
        const severity = diagnostic.severity === "info#err" ? "info" : diagnostic.severity;
        if (severity === "error") this.rememberError(urn, message);
        this.emit({ kind: "diagnostic", severity, message, ...(urn ? { urn } : {}) });
    }

    private judge(event: NonNullable<PulumiEvent["policyEvent"]>): void {
        const { policyPackName, policyName, resourceUrn: urn = "", enforcementLevel } = event;
        // The policy's description stands before what was reported, on a line of its own.
        const said = plainText(event.message)
            .split("\n")
            .filter((line) => line.trim() !== "");
        const what = said
            .slice(Math.min(1, said.length - 1))
            .join(" ")
            .trim();
        const sentence = `${policyPackName}/${policyName}: ${urn === "" || typeOf(urn) === stackType ? "" : `${nameOf(urn)}: `}${what}`;
        const isMandatory = enforcementLevel === "mandatory";
        if (isMandatory) this.broken.push(sentence);
        const severity = isMandatory ? "error" : "warning";
        this.emit({ kind: "diagnostic", severity, message: `policy ${sentence}`, ...(urn === "" ? {} : { urn }) });
    }

    private rememberError(urn: string | undefined, message: string): void {
        const key = urn === undefined || urn === "" || typeOf(urn) === stackType ? "" : urn;
        this.errors.set(key, [...(this.errors.get(key) ?? []), message]);
    }

    private record(step: StepEventMetadata, op: Operation): void {
        const known = this.changes.get(step.urn);
        // What an earlier replacement left behind has the same URN as its successor, which says more.
        if (known !== undefined && this.kind !== "refresh" && op === "delete") return;
        const diff = differencesOf(op, step);
        const parent = step.new?.parent ?? step.old?.parent ?? known?.parent;
        this.changes.set(step.urn, {
            ...subject(step),
            ...(parent ? { parent } : {}),
            op: known?.op === "replace" ? "replace" : op,
            diff: diff.length > 0 ? diff : (known?.diff ?? []),
        });
    }
}

function differencesOf(op: Operation, step: StepEventMetadata): readonly PropertyChange[] {
    if (op === "create") return givenProperties(step);
    return op === "update" || op === "replace" || op === "refresh" ? propertyChanges(step) : [];
}

/** `urn:pulumi:lab::anchorage::kubernetes:core/v1:Secret::registry-admin` is of that type and named registry-admin. */
function subject(step: StepEventMetadata): { urn: string; type: string; name: string } {
    return { urn: step.urn, type: step.type, name: nameOf(step.urn) };
}

/** Default providers are the engine's own: one for each package, made without the program's asking. */
export function isDefaultProvider(urn: string): boolean {
    return typeOf(urn).startsWith("pulumi:providers:") && /^default(_|$)/.test(nameOf(urn));
}

/** The name is everything behind the third `::`; it may hold `::` itself. */
export function nameOf(urn: string): string {
    return urn.split("::").slice(3).join("::");
}

/** Of `urn:pulumi:<stack>::<project>::<types of the parents and its own, joined by $>::<name>`. */
function typeOf(urn: string): string {
    return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

function outputsOf(properties: Readonly<Record<string, unknown>> | null | undefined): Record<string, OutputValue> {
    return Object.fromEntries(
        Object.entries(properties ?? {}).map(([name, value]) => [
            name,
            { value: shownValue(value), secret: holdsSecret(value) },
        ]),
    );
}

/** A message without the engine's colour marks (`<{%fg 1%}>`) and surrounding space. */
function plainText(message: string): string {
    return message.replace(/<\{%.*?%\}>/g, "").trim();
}
