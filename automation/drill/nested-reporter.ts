import { messageOf } from "../../lib/errors";
import type { Reporter } from "../reporter";
import type { StepRecord } from "../steps";

/** What a verb that runs as one step of another one did, for the timeline of the whole. */
export interface NestedReporter {
    readonly reporter: Reporter;
    readonly records: readonly StepRecord[];
}

/** @param update shows where the nested verb is, beside the step's title */
export function nestedReporter(
    outer: Reporter,
    within: string,
    update: (detail: string) => void,
    now: () => number = Date.now,
): NestedReporter {
    const records: StepRecord[] = [];
    const reporter: Reporter = {
        style: outer.style,
        async step(title, work) {
            const beganAt = now();
            const record = (state: StepRecord["state"], detail?: string): void => {
                const told = detail === undefined ? {} : { detail };
                const id = `${within}-${String(records.length)}`;
                records.push({
                    id,
                    title: `${within}: ${title}`,
                    kind: "step",
                    state,
                    ...told,
                    beganAt,
                    elapsedMs: now() - beganAt,
                });
            };
            update(title);
            try {
                const result = await work((detail) => {
                    update(`${title}, ${detail}`);
                });
                record("done");
                return result;
            } catch (error) {
                record("failed", messageOf(error));
                throw error;
            }
        },
        // What it says at its end is told by the report.
        line: () => undefined,
        event: () => undefined,
        warn: (text) => {
            outer.warn(text);
        },
    };
    return { reporter, records };
}

/** The records of the whole with those of nested verbs behind the step that they were. Pure. */
export function withNested(
    records: readonly StepRecord[],
    nested: Readonly<Partial<Record<string, NestedReporter>>>,
): readonly StepRecord[] {
    return records.flatMap((record) =>
        record.kind === "step" ? [record, ...(nested[record.id]?.records ?? [])] : [record],
    );
}
