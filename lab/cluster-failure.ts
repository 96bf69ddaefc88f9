import { UserError } from "../lib/errors";
import { ExecFailure } from "../lib/exec";
import { componentLog, components, isComponentRunning, type Component } from "./components";
import { isDiskFull } from "./disk";
import { labCommand } from "../lib/lab-commands";
import type { LabLayout } from "./layout";
import { logTail } from "./log-tail";

/**
 * The error of a control plane that did not start: a full disk, the words of what failed, and the ends of
 * the logs of what does not run.
 */
export function clusterFailure(name: string, layout: LabLayout, message: string, cause?: Error): UserError {
    return new UserError(message, {
        details: [
            ...(isDiskFull(layout.folder) ? [`no space is left on the disk of ${layout.folder}`] : []),
            ...(cause instanceof ExecFailure ? lastMessages(cause.stderr) : cause ? [cause.message] : []),
            ...components.flatMap((component) => crashed(layout, component)),
        ],
        next: [`${labCommand("start", name)} tries again`, `or begin anew: ${labCommand("reset", name)}`],
        cause,
    });
}

/** The messages at the end of a program's standard error; kwokctl's is JSON a line. */
function lastMessages(stderr: string): string[] {
    return stderr
        .trim()
        .split("\n")
        .slice(-3)
        .map((line) => {
            try {
                const { msg, err } = JSON.parse(line) as { msg?: string; err?: string };
                return [msg, err].filter((text) => text !== undefined).join(": ");
            } catch {
                return line; // a line that is no JSON is shown as it is
            }
        })
        .map((message) => message.trim())
        .filter((message) => message !== "");
}

function crashed(layout: LabLayout, component: Component): string[] {
    if (isComponentRunning(layout, component)) return [];
    const tail = logTail(componentLog(layout, component), 3);
    return tail.length === 0
        ? []
        : [`${component} does not run, the end of its log:`, ...tail.map((line) => `  ${line}`)];
}
