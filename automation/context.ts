import type { operatorCharts } from "../config/catalogue";
import type { ClusterOutput } from "../config/contract";
import type { ContractChart } from "../config/contract-chart";
import type { Exec } from "../lib/exec";
import type { Engine } from "./engine";
import type { Reporter } from "./reporter";

/** Which engine the user wishes for. */
export const engineWishes = ["auto", "pulumi", "rehearsal"] as const;
export type EngineWish = (typeof engineWishes)[number];

/** What every verb that works on a stack takes. */
export interface StackOptions {
    readonly stack: string;
    readonly engine: EngineWish;
    /** Name of the lab whose cluster and S3 take the place of the stack's own. @default the stack's own */
    readonly lab?: string;
    /** Absolute path of a file in place of Pulumi.<stack>.yaml. @default that of the project's folder */
    readonly settingsFile?: string;
    /** Seconds to wait for another update of the stack to end. @default 0: refused at once, with its name */
    readonly lockTimeout?: number;
    /** Folders of policy packs, as they were typed. @default none */
    readonly policyPack?: readonly string[];
}

/** The doors to the world that a verb is given. Tests give it fakes. */
export interface Context {
    readonly reporter: Reporter;
    readonly exec: Exec;
    readonly env: NodeJS.ProcessEnv;
    /** Aborted by Ctrl-C and SIGTERM. */
    readonly signal: AbortSignal;
    /** Whether a person can be asked: standard input and output are a terminal, and not `--json`. */
    readonly interactive: boolean;
    /** Absolute path of the folder with Pulumi.yaml. */
    readonly projectRoot: string;
    /** Asks a yes-or-no question; only when {@link interactive}. */
    confirm(question: string): Promise<boolean>;
    /**
     * The engine for a stack, and one sentence on why it is this one. @throws UserError when there is none
     * @param overrides settings put over those of the stack's file, as in StackSelection
     */
    selectEngine(options: StackOptions, overrides?: Readonly<Record<string, unknown>>): Promise<SelectedEngine>;
    /** Path of a kubectl for that cluster: the lab's own, or the one on PATH. */
    kubectl(cluster: ClusterOutput): Promise<string>;
    readonly lab: LabControl;
}

export interface SelectedEngine {
    readonly engine: Engine;
    readonly why: string;
}

/** What verbs need of the lab; cli.ts wires it to lab/. */
export interface LabControl {
    /** Resolves the binaries and starts the lab, or repairs it; quick when it runs. */
    start(options: LabStartOptions, progress: (detail: string) => void): Promise<LabStarted>;
    stop(name: string): Promise<void>;
    /** Stops the lab and deletes everything that it holds. */
    reset(name: string): Promise<void>;
    status(name: string): Promise<LabStatus>;
    /** Names of the labs that there are, also of those that do not run, sorted. */
    list(): Promise<readonly string[]>;
    /** Resolves all binaries of a lab, Velero's too, without starting anything. */
    tools(progress: (detail: string) => void): Promise<readonly LabBinary[]>;
    /** Has the contract charts of these operators in the folder of a lab that was started once; quick when they are. */
    charts(
        name: string,
        pins: readonly LabChartPin[],
        progress: (detail: string) => void,
    ): Promise<readonly LabChart[]>;
    /** Has the contract chart of an older Harbor there too; quick when it is. Resolves to its folder. */
    harborChart(name: string, pin: ContractChart): Promise<string>;
    /** Has the kinds of these operators in the cluster of a lab that runs, as where somebody else installed them. */
    definitions(
        name: string,
        operators: readonly (OperatorId | "prometheus-operator" | "volume-snapshots")[],
        progress: (detail: string) => void,
    ): Promise<void>;
    /** Resolves Velero, and has its server run beside a lab whose stack has it; quick when it does. */
    velero(name: string, progress: (detail: string) => void): Promise<void>;
}

/** The chart that a lab is to make a contract chart of. */
export interface LabChartPin {
    /** Id as in the settings `operators`. */
    readonly operator: OperatorId;
    /** The real chart's name and version. */
    readonly chart: string;
    readonly version: string;
    /** Version of what it installs. */
    readonly app: string;
    /** Its folder in the folder of charts. */
    readonly folder: string;
}

export interface LabChart {
    readonly operator: OperatorId;
    readonly chart: string;
    readonly version: string;
    /** Absolute path. */
    readonly folder: string;
}

type OperatorId = keyof typeof operatorCharts;

export interface LabBinary {
    readonly name: string;
    readonly version: string;
    /** Absolute path. */
    readonly file: string;
    /** Where it came from. */
    readonly source: "given" | "path" | "cache" | "release" | "build";
}

export interface LabStartOptions {
    readonly name: string;
    /** Number of simulated nodes. */
    readonly nodes?: number;
}

export interface LabStarted {
    /** Absolute path. */
    readonly kubeconfig: string;
    readonly s3Endpoint: string;
    /** Whether it was running already. */
    readonly alreadyRunning: boolean;
}

export interface LabStatus {
    readonly name: string;
    readonly state: "starting" | "running" | "degraded" | "stopped" | "absent";
    readonly parts: readonly LabPartStatus[];
    readonly kubeconfig?: string;
    readonly s3Endpoint?: string;
}

export interface LabPartStatus {
    readonly name: string;
    readonly state: "starting" | "running" | "stopped" | "crashed";
    readonly pid?: number;
    readonly address?: string;
    /** Resident memory in bytes. */
    readonly memory?: number;
    readonly logFile?: string;
    /** The last lines of a crashed part's log. */
    readonly logTail?: readonly string[];
}
