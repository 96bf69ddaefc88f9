import { ExitCode, UserError } from "../lib/errors";
import { defaultLab, labCommand } from "../lib/lab-commands";
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
    await requireLab(name, "stop", context);
    await context.reporter.step(`stop lab ${name}`, () => context.lab.stop(name));
    context.reporter.line(`its data is kept: ${labCommand("start", name)} brings it back`);
    context.reporter.event({ kind: "result", verb: "lab stop", name });
}

export interface LabResetOptions {
    readonly name: string;
    readonly yes: boolean;
}

/** Stops the lab and deletes everything in it; asks first. One that there is not is as it should be. */
export async function labReset(options: LabResetOptions, context: Context): Promise<void> {
    const { name, yes } = options;
    const instead = await labsInstead(name, context);
    if (instead !== undefined) {
        await context.lab.reset(name); // its folder may be gone, and processes of it left
        for (const line of [`there is no lab ${name}: nothing to delete`, ...thereAre(instead)])
            context.reporter.line(line);
        context.reporter.event({ kind: "result", verb: "lab reset", name });
        return;
    }
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
    if (status.state === "absent") for (const line of thereAre(await context.lab.list())) context.reporter.line(line);
    context.reporter.event({ kind: "result", verb: "lab status", ...status });
    return status.state !== "degraded" && status.state !== "starting";
}

/** Prints each lab that there is in a line. */
export async function labList(context: Context): Promise<void> {
    const { reporter } = context;
    const names = await context.lab.list();
    const labs = await Promise.all(names.map((name) => summaryOf(name, context)));
    const width = Math.max(0, ...names.map((name) => name.length));
    for (const { name, state, memory, problem } of labs) {
        const shown = reporter.style(colours[state], state.padEnd(8));
        const more = problem ?? (memory === 0 ? "" : mebibytes(memory));
        reporter.line(`${name.padEnd(width)}  ${shown}  ${reporter.style("dim", more)}`.trimEnd());
    }
    if (labs.length === 0) reporter.line(`there is no lab: ${labCommand("start", defaultLab)} makes one`);
    reporter.event({ kind: "result", verb: "lab list", labs });
}

interface LabSummary {
    readonly name: string;
    readonly state: Exclude<LabStatus["state"], "absent"> | "unknown";
    /** Resident memory of its processes in bytes. */
    readonly memory: number;
    readonly problem?: string;
}

async function summaryOf(name: string, context: Context): Promise<LabSummary> {
    try {
        const status = await context.lab.status(name);
        if (status.state !== "absent") return { name, state: status.state, memory: memoryOf(status) };
        return { name, state: "unknown", memory: 0, problem: "its start was not completed" };
    } catch (error) {
        if (!(error instanceof UserError)) throw error; // of another version
        return { name, state: "unknown", memory: 0, problem: error.message };
    }
}

/** @throws UserError with the command for each lab that there is */
async function requireLab(name: string, verb: "stop" | "kubeconfig", context: Context): Promise<void> {
    const instead = await labsInstead(name, context);
    if (instead === undefined) return;
    throw new UserError(`there is no lab ${JSON.stringify(name)}`, {
        next: [labCommand("start", name), ...instead.map((other) => labCommand(verb, other))],
    });
}

/** The labs that there are where there is not this one; undefined where it is there. @throws UserError for what is no name */
async function labsInstead(name: string, context: Context): Promise<readonly string[] | undefined> {
    const labs = await context.lab.list();
    if (labs.includes(name)) return undefined;
    await context.lab.status(name);
    return labs;
}

function thereAre(labs: readonly string[]): string[] {
    return labs.length === 0 ? [] : [`  there are: ${labs.join(", ")}`];
}

/** Prints the path of the kubeconfig, or a line for `eval`. */
export async function labKubeconfig(name: string, asExport: boolean, context: Context): Promise<void> {
    await requireLab(name, "kubeconfig", context);
    const { kubeconfig } = await context.lab.status(name);
    if (kubeconfig === undefined) {
        throw new UserError(`lab ${name} was not started to its end`, { next: [labCommand("start", name)] });
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
    unknown: "red",
} as const;

export function renderLabStatus(status: LabStatus, style: Style): string[] {
    if (status.state === "absent") return [`lab ${status.name} does not exist: ${labCommand("start", status.name)}`];
    const width = Math.max(0, ...status.parts.map((part) => part.name.length));
    const memory = memoryOf(status);
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

/** Resident memory of a lab's processes in bytes. */
function memoryOf({ parts }: LabStatus): number {
    return parts.reduce((sum, part) => sum + (part.memory ?? 0), 0);
}

function mebibytes(bytes: number): string {
    return `${String(Math.round(bytes / 2 ** 20))} MiB`;
}
