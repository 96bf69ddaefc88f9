import { ExitCode, UserError } from "../lib/errors";
import { labCommand } from "../lib/lab-commands";
import { waitWhileUnderWay } from "./backup/under-way";
import type { Context } from "./context";
import type { UpOptions } from "./up";
import { announceEngine, forwardEvent, machineResult } from "./preview";
import { renderSummary } from "./render/changes";
import { count } from "./render/style";
import { renderTree, shortType } from "./render/tree";
import { requireStack, stackFlags } from "./stack-files";
import { requireConsent } from "./up";

export interface DestroyOptions extends UpOptions {
    /** Lift the protection of the resources that have one, and delete them too. */
    readonly unprotect: boolean;
}

/**
 * Deletes everything that the stack made. Protected resources (keys without which a backup cannot be read)
 * are refused unless `unprotect` is given.
 */
export async function destroy(options: DestroyOptions, context: Context): Promise<void> {
    const { reporter, signal } = context;
    await requireStack(context.projectRoot, options.stack);
    requireConsent("destroy", options.yes, context);
    const selected = await context.selectEngine(options);
    const { engine } = selected;
    announceEngine(selected, reporter);

    const resources = await engine.resources();
    if (resources.length === 0) {
        reporter.line(`stack ${options.stack} has no resources: nothing to delete`);
        reporter.event({ kind: "result", verb: "destroy", stack: options.stack, summary: {} });
        return;
    }
    const guarded = resources.filter((resource) => resource.protect);
    if (guarded.length > 0 && !options.unprotect) {
        throw new UserError(`stack ${options.stack} holds ${count(guarded.length, "protected resource")}`, {
            details: guarded.map((resource) => `${resource.name} (${shortType(resource.type)})`),
            next: [
                "keep a copy of these keys if a backup of this registry shall ever be read again",
                `delete them too: npx anchorage destroy${stackFlags(options)} --unprotect`,
            ],
            exitCode: ExitCode.refused,
        });
    }
    if (!options.yes) {
        for (const line of renderTree(resources, () => reporter.style("red", "delete"), reporter.style)) {
            reporter.line(line);
        }
        if (!(await context.confirm(`delete all of stack ${options.stack}, its images and its database?`))) {
            throw new UserError("not confirmed: nothing was deleted", { exitCode: ExitCode.refused });
        }
    }
    await waitWhileUnderWay(engine, options, context);
    if (guarded.length > 0) await engine.unprotect();
    const result = await reporter.step(`destroy ${options.stack}`, (update) =>
        engine.destroy({ signal, onEvent: (event) => forwardEvent(event, reporter, update) }),
    );
    reporter.line(renderSummary(result, "done"));
    if (options.lab !== undefined)
        reporter.line(`lab ${options.lab} goes on running: ${labCommand("reset", options.lab)} deletes it`);
    reporter.event({ kind: "result", verb: "destroy", ...machineResult(selected, result) });
}
