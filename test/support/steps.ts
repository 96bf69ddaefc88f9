import { runSteps, type Step, type StepsOptions, type StepsResult } from "../../automation/steps";
import { collectingReporter } from "./fakes";

/** Steps that write down that they ran, and `-id` that they were undone. Called within a describe. */
export function stepKit() {
    const order: string[] = [];

    beforeEach(() => {
        order.length = 0;
    });

    const step = (id: string, more: Partial<Step> = {}): Step => ({
        id,
        title: `do ${id}`,
        plan: `does ${id}`,
        run: () => {
            order.push(id);
            return Promise.resolve(undefined);
        },
        ...more,
    });
    const undo = (id: string, when: "always" | "failure" = "failure"): Pick<Step, "undo"> => ({
        undo: {
            title: `undo ${id}`,
            when,
            run: () => {
                order.push(`-${id}`);
                return Promise.resolve();
            },
        },
    });
    const failing = (error: Error): Pick<Step, "run"> => ({ run: () => Promise.reject(error) });
    const run = (steps: readonly Step[], options: Partial<StepsOptions> = {}): Promise<StepsResult> =>
        runSteps(steps, { reporter: collectingReporter().reporter, signal: new AbortController().signal, ...options });
    return { order, step, undo, failing, run };
}
