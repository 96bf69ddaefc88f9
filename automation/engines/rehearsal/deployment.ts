import {
    EngineFailure,
    type EngineEvent,
    type Operation,
    type ResourceChange,
    type ResourceFailure,
} from "../../engine";
import type { Exec } from "../../../lib/exec";
import { ExitCode, messageOf, UserError } from "../../../lib/errors";
import { processStart } from "../../../lib/processes";
import { durationMs, type KindContext } from "./kinds";
import type { PolicyCheck } from "./policy-check";
import type { Pending, ResourceRecord, State, Timeouts } from "./state";
import { containsSecret, plainValues, type Values } from "./values";

export type Verb = "preview" | "up" | "refresh" | "destroy";

/** What all parts of one operation on a stack share: the record, the events, what failed. */
export interface DeploymentOptions {
    readonly verb: Verb;
    readonly project: string;
    readonly stack: string;
    readonly projectRoot: string;
    readonly config: Readonly<Record<string, string>>;
    readonly state: State;
    readonly exec: Exec;
    readonly onEvent: (event: EngineEvent) => void;
    /** No new operation begins after it is aborted. */
    readonly signal: AbortSignal;
    /** Operations under way do not wait any longer after it is aborted. */
    readonly hurry: AbortSignal;
    /** Absent where no policy pack was named. */
    readonly policies?: PolicyCheck | undefined;
    /** A preview goes on with the record where the cluster does not answer. */
    readonly orRecord?: boolean;
}

type Subject = Pick<ResourceRecord, "urn" | "type" | "name">;

export class Deployment {
    readonly changes: ResourceChange[] = [];
    readonly failures: ResourceFailure[] = [];
    /** URNs that were left out because something that they need failed. */
    readonly skipped = new Set<string>();
    readonly preview: boolean;
    /** A check refused to go on: no new operation begins. */
    private refusal: UserError | undefined;

    constructor(readonly options: DeploymentOptions) {
        this.preview = options.verb === "preview";
    }

    get state(): State {
        return this.options.state;
    }

    get stopped(): boolean {
        return this.options.signal.aborted || this.refusal !== undefined;
    }

    addChange(record: Subject & { parent?: string }, op: Operation, diff: ResourceChange["diff"] = []): void {
        const { urn, type, name, parent } = record;
        this.changes.push({ urn, type, name, ...(parent === undefined ? {} : { parent }), op, diff });
    }

    fail(subject: Subject, op: Operation, error: unknown, elapsedMs = 0): void {
        const text = error instanceof UserError ? error.render().split("\n").join("; ") : messageOf(error);
        this.failures.push({ urn: subject.urn, name: subject.name, message: text });
        this.event(subject, "failed", op, { elapsedMs, error: text });
        if (error instanceof UserError && error.exitCode === ExitCode.refused) this.refusal ??= error;
        if (!(error instanceof Error)) return;
        if (process.env["ANCHORAGE_DEBUG"] !== undefined) this.diagnose("info", error.stack ?? "", subject.urn);
    }

    skip(subject: Subject, op: Operation): void {
        this.skipped.add(subject.urn);
        this.event(subject, "skipped", op);
    }

    event(
        { urn, type, name }: Subject,
        phase: "started" | "done" | "failed" | "skipped",
        op: Operation,
        more: { elapsedMs?: number; error?: string } = {},
    ): void {
        this.options.onEvent({ kind: "resource", phase, urn, type, name, op, ...more });
    }

    diagnose(severity: "info" | "warning" | "error", message: string, urn?: string): void {
        this.options.onEvent({ kind: "diagnostic", severity, message, ...(urn === undefined ? {} : { urn }) });
    }

    /**
     * Runs one operation: writes down that it begins, tells of it, measures it. In a preview nothing is run.
     * @returns whether it was done; a failure is recorded in {@link failures}
     */
    async perform(record: ResourceRecord, op: Operation, work: () => Promise<void>): Promise<boolean> {
        const started = performance.now();
        this.event(record, "started", op);
        try {
            await work();
        } catch (error) {
            await this.state.save();
            this.fail(record, op, error, performance.now() - started);
            return false;
        }
        await this.state.save();
        this.event(record, "done", op, { elapsedMs: performance.now() - started });
        return true;
    }

    pending(op: Operation): Pending {
        return { op, since: new Date().toISOString() };
    }

    /** What a kind is given for one resource. */
    context(
        record: Subject & Pick<ResourceRecord, "provider" | "timeouts" | "inputs">,
        op: Operation,
        interrupted: boolean,
    ): KindContext {
        const { project, projectRoot, config, exec, hurry } = this.options;
        const timeout = record.timeouts[op as keyof Timeouts];
        return {
            urn: record.urn,
            type: record.type,
            name: record.name,
            preview: this.preview,
            provider: this.providerInputs(record),
            interrupted,
            hasSecrets: containsSecret(record.inputs),
            ignoreChanges: [],
            signal: hurry,
            config,
            project,
            projectRoot,
            exec,
            timeoutMs: timeout === undefined ? undefined : durationMs(timeout),
            log: (severity, message) => this.diagnose(severity, message, record.urn),
            recordProcess: async (pid) => {
                const now = this.state.records.find((other) => other.urn === record.urn && other.pending !== undefined);
                if (!now?.pending) return;
                const start = processStart(pid);
                const pending = { ...now.pending, process: { pid, ...(start === undefined ? {} : { start }) } };
                this.state.put({ ...now, pending }, now);
                await this.state.save();
            },
        };
    }

    private providerInputs(record: Pick<ResourceRecord, "provider" | "type">): Values {
        if (record.provider !== undefined) {
            const provider = this.state.find(record.provider);
            if (provider) return plainValues(provider.inputs);
        }
        // The default provider of a package has the stack's settings of that package: `kubernetes:context`.
        const prefix = `${record.type.slice(0, record.type.indexOf(":"))}:`;
        const own = Object.entries(this.options.config).filter(([key]) => key.startsWith(prefix));
        return Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), value]));
    }

    /** @throws EngineFailure when a resource failed, UserError when it was stopped or a check refused to go on */
    assertDone(): void {
        const { verb, stack } = this.options;
        if (this.refusal) throw this.refusal;
        if (this.stopped) {
            throw new UserError(`${verb} of stack ${stack} was stopped`, {
                details: [
                    "what was under way was ended in order, and is on record",
                    ...this.failures.map(({ name, message }) => `${name}: ${message}`),
                ],
                next: ["run the same again: it goes on from here"],
            });
        }
        if (this.failures.length > 0) {
            const count = this.failures.length === 1 ? "1 resource" : `${String(this.failures.length)} resources`;
            const skipped = this.skipped.size > 0 ? `, ${String(this.skipped.size)} left out because of it` : "";
            throw new EngineFailure(`${verb} of stack ${stack}: ${count} failed${skipped}`, this.failures, {
                next: ["mend the cause and run the same again: what was done stays on record"],
            });
        }
    }
}
