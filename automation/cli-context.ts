/* oxlint-disable typescript/no-require-imports -- lazy: most verbs need neither lab nor engine */
import path from "node:path";
import { createInterface } from "node:readline/promises";
import { exec } from "../lib/exec";
import { projectRoot as checkout } from "../lib/home";
import type { ToolName } from "../lab/tools/catalogue";
import type { Context, LabControl } from "./context";
import type { Reporter } from "./reporter";

export interface ContextOptions {
    readonly reporter: Reporter;
    readonly signal: AbortSignal;
    /** Whether a person may be asked. */
    readonly interactive: boolean;
}

/** Opens the real doors of a {@link Context}: other programs, the engines, the lab. */
export function createContext({ reporter, signal, interactive }: ContextOptions): Context {
    // A folder of its own for the stacks' files, with the program linked into it.
    const projectRoot = path.resolve(process.env["ANCHORAGE_PROJECT"] ?? checkout);
    return {
        reporter,
        exec,
        env: process.env,
        signal,
        interactive,
        projectRoot,
        confirm: (question) => confirm(question, signal),
        selectEngine: async ({ stack, engine, lab, settingsFile, lockTimeout = 0 }, overrides = {}) => {
            const { selectEngine } = require("./engines/select") as typeof import("./engines/select");
            const { onLab } = require("./engines/on-lab") as typeof import("./engines/on-lab");
            const own = { projectRoot, stack, overrides, ...(settingsFile === undefined ? {} : { settingsFile }) };
            const selection = lab === undefined ? own : await onLab(own, lab, process.env);
            const selected = await selectEngine(engine, selection, { exec, env: process.env });
            if (lockTimeout === 0) return selected;
            const { patientEngine } = require("./engines/patient") as typeof import("./engines/patient");
            return { ...selected, engine: patientEngine(selected.engine, { lockTimeout, reporter, signal }) };
        },
        kubectl: async (cluster) => (cluster.kind === "lab" ? labKubectl(cluster.name) : "kubectl"),
        lab: labControl(signal),
    };
}

async function confirm(question: string, signal: AbortSignal): Promise<boolean> {
    const lines = createInterface({ input: process.stdin, output: process.stdout });
    try {
        return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `, { signal })).trim());
    } finally {
        lines.close();
    }
}

async function labKubectl(name: string): Promise<string> {
    const { readLabEndpoints } = require("../lib/lab-endpoints") as typeof import("../lib/lab-endpoints");
    return (await readLabEndpoints(name)).tools.kubectl;
}

/** The lab as verbs know it, on the real thing in lab/. */
function labControl(signal: AbortSignal): LabControl {
    const lab = () => require("../lab/lab") as typeof import("../lab/lab");
    const everyLab = ["etcd", "kubernetes", "kwok", "helm", "versitygw", "registry"] as const;
    const resolve = async (tools: readonly ToolName[], progress: (detail: string) => void) => {
        const { resolveTools } = require("../lab/tools/resolver") as typeof import("../lab/tools/resolver");
        return resolveTools(tools, {
            exec,
            env: process.env,
            signal,
            onProgress: ({ tool, detail }) => progress(`${tool}: ${detail}`),
        });
    };
    const binaries = async (progress: (detail: string) => void) => {
        const { labBinaries } = require("../lab/binaries") as typeof import("../lab/binaries");
        return labBinaries(await resolve(everyLab, progress));
    };
    const doorsToEnd = (name: string) => ({ name, exec, binaries: () => binaries(() => undefined) });
    return {
        start: async ({ name, nodes }, progress) => {
            const { endpoints, alreadyRunning } = await lab().startLab({
                name,
                exec,
                binaries: await binaries(progress),
                nodes,
                onProgress: progress,
                signal,
            });
            return { kubeconfig: endpoints.kubeconfig, s3Endpoint: endpoints.s3.endpoint, alreadyRunning };
        },
        stop: (name) => lab().stopLab(doorsToEnd(name)),
        reset: (name) => lab().resetLab(doorsToEnd(name)),
        list: () => lab().listLabs(),
        status: (name) => {
            const { labStatus } = require("../lab/status") as typeof import("../lab/status");
            return labStatus(name);
        },
        // Velero takes minutes to build, and few labs need it: a stack with backup resolves it by itself.
        tools: async (progress) => {
            const { resolvePostgresClient } =
                require("../lab/tools/postgres-client") as typeof import("../lab/tools/postgres-client");
            const tools = await resolve([...everyLab, "velero"], progress);
            // A lab fetches them when its first database is dumped or restored.
            const clients = await resolvePostgresClient({
                exec,
                env: process.env,
                signal,
                onProgress: (detail) => progress(`postgresql-client: ${detail}`),
            });
            return [...tools, ...clients];
        },
        velero: async (name, progress) => {
            const { addVelero, veleroBinaries } =
                require("../lab/velero-process") as typeof import("../lab/velero-process");
            await addVelero(name, veleroBinaries(await resolve(["velero"], progress)), signal);
        },
        charts: async (name, charts, progress) => {
            const { prepareLabCharts } =
                require("../lab/operators/lab-charts") as typeof import("../lab/operators/lab-charts");
            return prepareLabCharts({ name, charts, exec, signal, onProgress: progress });
        },
        harborChart: async (name, pin) => {
            const { prepareHarborChart } = require("../lab/harbor-chart") as typeof import("../lab/harbor-chart");
            return prepareHarborChart({ name, pin, signal });
        },
        definitions: async (name, owners, progress) => {
            const { installDefinitions } =
                require("../lab/operators/definitions") as typeof import("../lab/operators/definitions");
            await installDefinitions({ name, owners, exec, signal, onProgress: progress });
        },
    };
}
