import path from "node:path";
import { readFileIfPresent } from "../lib/files";
import { lockHolder } from "../lib/lock";
import { componentLog, componentPid, components, isComponentRunning } from "./components";
import { harborUrl, runningHarbor } from "./harbor-process";
import { readIdentity, requireName } from "./identity";
import { componentAddress } from "./kwok-configuration";
import { labLayout } from "./layout";
import { logTail } from "./log-tail";
import { runningStore, s3Endpoint } from "./object-store";
import { residentMemoryOfTree } from "./process-record";
import { hasVelero, runningVelero } from "./velero-process";

export interface LabPart {
    readonly name: string;
    readonly state: "starting" | "running" | "stopped" | "crashed";
    readonly pid?: number;
    readonly address?: string;
    /** Resident memory in bytes, with the processes that it has started. */
    readonly memory?: number;
    readonly logFile: string;
    /** The end of a crashed part's log. */
    readonly logTail?: readonly string[];
}

export interface LabState {
    readonly name: string;
    readonly state: "starting" | "running" | "degraded" | "stopped" | "absent";
    readonly parts: readonly LabPart[];
    readonly kubeconfig?: string;
    readonly s3Endpoint?: string;
}

/** What of a lab runs. Looks only. @throws UserError for a lab of another format */
export async function labStatus(name: string): Promise<LabState> {
    requireName(name);
    const layout = labLayout(name);
    const identity = await readIdentity(name, layout);
    const starting = (await lockHolder(layout.lock))?.purpose === startPurpose(name);
    if (!identity) return { name, state: starting ? "starting" : "absent", parts: [] };
    const wanted = await readFileIfPresent(path.join(layout.folder, "wanted"));
    const missing = wanted !== "running" ? "stopped" : starting ? "starting" : "crashed";
    const configuration = await readFileIfPresent(layout.kwokConfiguration);
    const store = await runningStore(layout);
    const harbor = await runningHarbor(layout);
    const velero = (await hasVelero(layout)) ? { running: await runningVelero(layout) } : undefined;
    const part = (
        partName: string,
        runs: boolean,
        pid: number | undefined,
        logFile: string,
        address?: string,
    ): LabPart => ({
        name: partName,
        state: runs ? "running" : missing,
        ...(runs ? { pid, address, memory: pid === undefined ? undefined : residentMemoryOfTree(pid) } : {}),
        logFile,
        ...(!runs && missing === "crashed" ? { logTail: logTail(logFile) } : {}),
    });
    const parts = [
        ...components.map((component) =>
            part(
                component,
                isComponentRunning(layout, component),
                componentPid(layout, component),
                componentLog(layout, component),
                configuration === undefined ? undefined : componentAddress(configuration, component),
            ),
        ),
        part("s3", store !== undefined, store?.pid, layout.s3Log, s3Endpoint(identity)),
        ...(identity.harbor === undefined
            ? []
            : [part("harbor", harbor !== undefined, harbor?.pid, layout.harborLog, harborUrl(identity))]),
        ...(velero === undefined
            ? []
            : [part("velero", velero.running !== undefined, velero.running?.pid, layout.veleroLog)]),
    ];
    const all = parts.every((one) => one.state === "running");
    const state = starting ? "starting" : all ? "running" : missing === "crashed" ? "degraded" : "stopped";
    return { name, state, parts, kubeconfig: layout.kubeconfig, s3Endpoint: s3Endpoint(identity) };
}

/** What the lock of a lab is held for while it is being started. */
export function startPurpose(name: string): string {
    return `lab start of ${name}`;
}
