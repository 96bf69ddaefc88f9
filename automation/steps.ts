import { explained, messageOf, UserError } from "../lib/errors";
import type { Reporter } from "./reporter";

/**
 * A workflow as a list of steps: each can say beforehand what it will do, does it, and is undone in reverse order,
 * also when a later one fails or the user presses Ctrl-C. What steps tell each other is in the workflow's closure.
 */
export interface Step {
    /** Unique within its workflow: `read-only`. */
    readonly id: string;
    /** `push an image` */
    readonly title: string;
    /** What it does and to what, for whoever reads the plan. */
    readonly plan: string;
    /** Steps without which this one makes no sense: it is skipped where one of them was not done. */
    readonly needs?: readonly string[];
    /** A reason to leave it out, asked right before it would run. */
    readonly skip?: () => string | undefined | Promise<string | undefined>;
    /** @returns what came of it, in a few words */
    readonly run: (door: StepDoor) => Promise<string | undefined>;
    readonly undo?: Undo;
    /** Its failure lets the steps after it run; the workflow fails at its end. @default false */
    readonly goOn?: boolean;
}

/** Puts back what a step changed. Runs also where the step failed half-way: it must bear to find nothing to do. */
export interface Undo {
    /** `delete the project` */
    readonly title: string;
    /** always: at the end of a workflow that succeeds, too. */
    readonly when: "always" | "failure";
    readonly run: (door: UndoDoor) => Promise<void>;
}

export interface UndoDoor {
    /** Of an undo: not the user's, who may have pressed Ctrl-C before; ends after a while all the same. */
    readonly signal: AbortSignal;
}

/** What a step is given. */
export interface StepDoor {
    /** Ctrl-C. */
    readonly signal: AbortSignal;
    /** Shows how far it is. */
    readonly update: (detail: string) => void;
    /** Undoes an earlier step now, where the workflow's order wants it before the end. Its failure is this step's. */
    readonly undo: (id: string) => Promise<void>;
}

export type StepState = "done" | "failed" | "skipped" | "interrupted";

/** What became of a step, for the report. */
export interface StepRecord {
    readonly id: string;
    readonly title: string;
    readonly kind: "step" | "undo";
    readonly state: StepState;
    /** What came of it, why it was skipped, or why it failed. */
    readonly detail?: string;
    /** Milliseconds since 1970; a skipped step has no time of its own. */
    readonly beganAt: number;
    readonly elapsedMs: number;
}

export interface StepsResult {
    readonly records: readonly StepRecord[];
    /** Whether the user ended it. */
    readonly interrupted: boolean;
    /** Why the workflow failed; absent: it did not. To be thrown once the report is written. */
    readonly error?: unknown;
}

export interface StepsOptions {
    readonly reporter: Reporter;
    readonly signal: AbortSignal;
    /** Milliseconds that each undo may take. @default 60,000 */
    readonly undoTimeoutMs?: number;
    /**
     * Told which steps would have to be undone if the process died now: before such a step begins and after its undo.
     * A workflow that keeps them on disk lets its next run put back what a killed one left.
     */
    readonly onPending?: (ids: readonly string[]) => Promise<void>;
    readonly now?: () => number;
}

/** Runs the steps, then what is to be undone. Never throws: what failed is in the result. */
export async function runSteps(steps: readonly Step[], options: StepsOptions): Promise<StepsResult> {
    return new Run(steps, options).toTheEnd();
}

/** What a workflow would do, a line a step. */
export function planLines(steps: readonly Step[]): string[] {
    const width = Math.max(0, ...steps.map(({ title }) => title.length));
    return steps.map(({ title, plan }, index) => `${String(index + 1).padStart(2)}  ${title.padEnd(width)}  ${plan}`);
}

class Run {
    private readonly records: StepRecord[] = [];
    private readonly failures: { readonly title: string; readonly error: unknown }[] = [];
    private readonly leftBehind: string[] = [];
    private readonly done = new Set<string>();
    /** Steps that began and have an undo that has not run. */
    private readonly pending: Step[] = [];
    private readonly now: () => number;

    constructor(
        private readonly steps: readonly Step[],
        private readonly options: StepsOptions,
    ) {
        this.now = options.now ?? Date.now;
        const ids = new Set(steps.map(({ id }) => id));
        if (ids.size !== steps.length) throw new Error("two steps have the same id");
        const unknown = steps.flatMap(({ needs = [] }) => needs).find((id) => !ids.has(id));
        if (unknown !== undefined) throw new Error(`there is no step ${unknown}`);
    }

    async toTheEnd(): Promise<StepsResult> {
        const { signal } = this.options;
        for (const step of this.steps) {
            if (signal.aborted) break;
            if (!(await this.runStep(step))) break;
        }
        const failed = this.failures.length > 0 || signal.aborted;
        for (const step of [...this.pending].reverse()) {
            if (failed || step.undo?.when === "always") await this.undoAtEnd(step);
        }
        const error = this.error();
        return { records: this.records, interrupted: signal.aborted, ...(error === undefined ? {} : { error }) };
    }

    /** @returns whether the next one may run */
    private async runStep(step: Step): Promise<boolean> {
        const { reporter, signal } = this.options;
        const beganAt = this.now();
        const record = (state: StepState, detail: string | undefined): void => {
            const { id, title } = step;
            const elapsedMs = this.now() - beganAt;
            const told = detail === undefined ? {} : { detail };
            this.records.push({ id, title, kind: "step", state, ...told, beganAt, elapsedMs });
        };
        try {
            const reason = this.missing(step) ?? (await step.skip?.());
            if (reason !== undefined) {
                record("skipped", reason);
                reporter.line(reporter.style("dim", `- ${step.title}: skipped, ${reason}`));
                reporter.event({ kind: "step", phase: "skipped", title: step.title, detail: reason });
                return true;
            }
            if (step.undo) await this.setPending([...this.pending, step]);
            const detail = await reporter.step(step.title, (update) =>
                step.run({ signal, update, undo: (id) => this.undoNow(id) }),
            );
            this.done.add(step.id);
            record("done", detail);
            if (detail !== undefined) reporter.line(reporter.style("dim", `  ${detail}`));
            return true;
        } catch (error) {
            // Whatever a step throws once Ctrl-C was pressed, it was that.
            const state = signal.aborted ? "interrupted" : "failed";
            record(state, messageOf(signal.aborted ? signal.reason : error));
            if (!signal.aborted) this.failures.push({ title: step.title, error });
            return step.goOn === true && !signal.aborted;
        }
    }

    private missing({ needs = [] }: Step): string | undefined {
        const missing = this.steps.filter(({ id }) => needs.includes(id) && !this.done.has(id));
        return missing.length === 0 ? undefined : `"${missing.map(({ title }) => title).join('", "')}" was not done`;
    }

    /** In the midst of a step. @throws what the undo does; it is tried again at the end */
    private async undoNow(id: string): Promise<void> {
        const step = this.pending.find((one) => one.id === id);
        if (step?.undo === undefined) return;
        await step.undo.run({ signal: this.options.signal });
        await this.setPending(this.pending.filter((one) => one !== step));
    }

    private async undoAtEnd(step: Step): Promise<void> {
        const { undo } = step;
        if (undo === undefined) return;
        const beganAt = this.now();
        const record = (state: StepState, detail?: string): void => {
            const told = detail === undefined ? {} : { detail };
            const { id } = step;
            this.records.push({
                id,
                title: undo.title,
                kind: "undo",
                state,
                ...told,
                beganAt,
                elapsedMs: this.now() - beganAt,
            });
        };
        try {
            const signal = AbortSignal.timeout(this.options.undoTimeoutMs ?? 60_000);
            await this.options.reporter.step(undo.title, () => undo.run({ signal }));
            await this.setPending(this.pending.filter((one) => one !== step));
            record("done");
        } catch (error) {
            record("failed", messageOf(error));
            this.leftBehind.push(`${undo.title}: ${messageOf(error)}`);
        }
    }

    private async setPending(steps: readonly Step[]): Promise<void> {
        this.pending.splice(0, this.pending.length, ...steps);
        await this.options.onPending?.(steps.map(({ id }) => id));
    }

    /** The one error of the whole: what failed, and what could not be put back. */
    private error(): unknown {
        const { signal, reporter } = this.options;
        const [first, second] = this.failures;
        const left = this.leftBehind.map((text) => `left behind: ${text}`);
        if (signal.aborted) return explained(signal.reason, left);
        if (first === undefined) {
            return left.length === 0 ? undefined : new UserError("not everything could be put back", { details: left });
        }
        if (second === undefined) {
            // A defect keeps its stack; what it left behind is said beside it.
            if (!(first.error instanceof UserError)) for (const text of left) reporter.warn(text);
            return explained(first.error, left);
        }
        // Among several failures a defect must not be lost.
        const defect = this.failures.find(({ error }) => !(error instanceof UserError));
        const next = this.failures.flatMap(({ error }) => (error instanceof UserError ? error.next : []));
        return new UserError(`${String(this.failures.length)} of ${String(this.steps.length)} steps failed`, {
            details: [...this.failures.map(({ title, error }) => `${title}: ${messageOf(error)}`), ...left],
            next: [...new Set(next)],
            cause: defect?.error ?? first.error,
        });
    }
}
