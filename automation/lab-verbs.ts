import { ExitCode, UserError } from "../lib/errors";
import { labCommand } from "../lib/lab-commands";
import type { Context, LabPartStatus, LabStartOptions, LabStarted, LabStatus } from "./context";
import type { Style } from "./render/style";

/** Starts the lab, or repairs it; says so when it ran already. */
export async function labStart(options: LabStartOptions, context: Context): Promise<LabStarted> {
    const { reporter } = context;
    const started = await reporter.step(`lab ${options.name}`, (update) => context.lab.start(options, update));
    reporter.line(
        started.alreadyRunning ? `lab ${options.name} was running already` : `lab ${options.name} is running`,
    );
    reporter.line(`  kubeconfig  ${started.kubeconfig}`);
    reporter.line(`  S3          ${started.s3Endpoint}`);
    reporter.event({ kind: "result", verb: "lab start", name: options.name, ...started });
    return started;
}

export async function labStop(name: string, context: Context): Promise<void> {
    await context.reporter.step(`stop lab ${name}`, () => context.lab.stop(name));
    context.reporter.line(`its data is kept: ${labCommand("start", name)} brings it back`);
    context.reporter.event({ kind: "result", verb: "lab stop", name });
}

export interface LabResetOptions {
    readonly name: string;
    readonly yes: boolean;
}

/** Stops the lab and deletes everything in it; asks first. */
export async function labReset(options: LabResetOptions, context: Context): Promise<void> {
    const { name, yes } = options;
    if (!yes) {
        if (!context.interactive) {
            throw new UserError("lab reset asks before it deletes anything, and there is no terminal to ask on", {
                next: ["add --yes"],
                exitCode: ExitCode.usage,
            });
        }
        if (!(await context.confirm(`delete lab ${name} with its cluster and its buckets?`))) {
            throw new UserError("not confirmed: nothing was deleted", { exitCode: ExitCode.refused });
        }
    }
    await context.reporter.step(`reset lab ${name}`, () => context.lab.reset(name));
    context.reporter.event({ kind: "result", verb: "lab reset", name });
}

/**
 * Prints each part of the lab. @returns whether everything that should run does
 */
export async function labStatus(name: string, context: Context): Promise<boolean> {
    const status = await context.lab.status(name);
    for (const line of renderLabStatus(status, context.reporter.style)) context.reporter.line(line);
    context.reporter.event({ kind: "result", verb: "lab status", ...status });
    return status.state !== "degraded" && status.state !== "starting";
}

/** Prints the path of the kubeconfig, or a line for `eval`. */
export async function labKubeconfig(name: string, asExport: boolean, context: Context): Promise<void> {
    const { kubeconfig } = await context.lab.status(name);
    if (kubeconfig === undefined) {
        throw new UserError(`there is no lab ${JSON.stringify(name)}`, { next: [labCommand("start", name)] });
    }
    context.reporter.line(asExport ? `export KUBECONFIG='${kubeconfig.replaceAll("'", "'\\''")}'` : kubeconfig);
    context.reporter.event({ kind: "result", verb: "lab kubeconfig", name, kubeconfig });
}

/** Resolves the lab's binaries and prints where each of them is. */
export async function labTools(context: Context): Promise<void> {
    const { reporter } = context;
    const binaries = await reporter.step("binaries of the lab", (update) => context.lab.tools(update));
    const name = Math.max(...binaries.map((binary) => binary.name.length));
    const version = Math.max(...binaries.map((binary) => binary.version.length));
    for (const binary of binaries) {
        reporter.line(
            `  ${binary.name.padEnd(name)}  ${binary.version.padEnd(version)}  ` +
                `${reporter.style("dim", binary.source.padEnd(7))}  ${binary.file}`,
        );
    }
    reporter.event({ kind: "result", verb: "lab tools", binaries });
}

const colours = {
    running: "green",
    starting: "yellow",
    stopped: "dim",
    degraded: "red",
    crashed: "red",
} as const;

export function renderLabStatus(status: LabStatus, style: Style): string[] {
    if (status.state === "absent") return [`lab ${status.name} does not exist: ${labCommand("start", status.name)}`];
    const width = Math.max(0, ...status.parts.map((part) => part.name.length));
    const memory = status.parts.reduce((sum, part) => sum + (part.memory ?? 0), 0);
    return [
        `lab ${status.name}  ${style(colours[status.state], status.state)}${memory > 0 ? style("dim", `  ${mebibytes(memory)}`) : ""}`,
        ...status.parts.flatMap((part) => renderPart(part, width, style)),
        ...(status.kubeconfig === undefined ? [] : [`  kubeconfig  ${status.kubeconfig}`]),
        ...(status.s3Endpoint === undefined ? [] : [`  S3          ${status.s3Endpoint}`]),
        ...(status.state === "degraded" ? [`  next: ${labCommand("start", status.name)} repairs it`] : []),
    ];
}

function renderPart(part: LabPartStatus, width: number, style: Style): string[] {
    const facts = [
        part.pid === undefined ? "" : `pid ${String(part.pid)}`,
        part.address ?? "",
        part.memory === undefined ? "" : mebibytes(part.memory),
    ].filter((fact) => fact !== "");
    return [
        `  ${part.name.padEnd(width)}  ${style(colours[part.state], part.state.padEnd(8))}  ${style("dim", facts.join("  "))}`.trimEnd(),
        ...(part.logTail === undefined || part.logTail.length === 0
            ? []
            : [
                  `    the end of ${part.logFile ?? "its log"}:`,
                  ...part.logTail.map((line) => style("dim", `    | ${line}`)),
              ]),
    ];
}

function mebibytes(bytes: number): string {
    return `${String(Math.round(bytes / 2 ** 20))} MiB`;
}
