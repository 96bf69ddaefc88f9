import { ExitCode, UserError } from "../../lib/errors";
import type { EngineResult } from "../engine";
import { stackFlags } from "../stack-files";
import { databaseMajor } from "./effects";
import { refusedDangers, reportOf } from "./model";

/** Dangers that the flags of a verb say are wanted, by their ids. */
export function allowedDangers(flags: {
    readonly allow?: readonly string[] | undefined;
    readonly acceptEngineChange?: boolean | undefined;
}): readonly string[] {
    const { allow = [], acceptEngineChange = false } = flags;
    return acceptEngineChange ? [...allow, databaseMajor] : allow;
}

/**
 * Keeps an update from what loses data or keys, unless it is wanted.
 * @param allow dangers that are, by their ids
 * @throws UserError (exit code 5) with every other one
 */
export function refuseDangers(
    planned: Pick<EngineResult, "changes" | "summary">,
    allow: readonly string[],
    options: { readonly stack: string; readonly lab?: string | undefined },
): void {
    const report = reportOf(planned, { stack: options.stack, basis: "cluster", warnings: [], allow });
    const dangers = refusedDangers(report);
    if (dangers.length === 0) return;
    const ids = [...new Set(dangers.map(({ id }) => id))];
    throw new UserError(`stack ${options.stack} is not touched: the change is dangerous`, {
        details: dangers.map(({ words }) => words),
        next: [
            `npx anchorage preview${stackFlags(options)} --report out shows it in full`,
            `where it is wanted, after a backup: add --allow ${ids.join(" ")}`,
        ],
        exitCode: ExitCode.dangerous,
    });
}
