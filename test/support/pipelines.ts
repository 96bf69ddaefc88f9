import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parse } from "yaml";
import { projectRoot } from "../../lib/home";

/** The pipelines as the platforms read them, and a runner of their scripts. */

export interface Step {
    readonly name?: string;
    readonly uses?: string;
    readonly run?: string;
    readonly shell?: string;
    readonly if?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly with?: Readonly<Record<string, unknown>>;
}

export interface Job {
    readonly if?: string;
    readonly uses?: string;
    readonly needs?: string;
    readonly permissions?: Readonly<Record<string, string>>;
    readonly "timeout-minutes"?: number;
    readonly environment?: string;
    readonly concurrency?: { readonly group: string; readonly "cancel-in-progress": boolean };
    readonly steps?: readonly Step[];
    readonly secrets?: string;
}

export interface Workflow {
    readonly on: Readonly<Record<string, unknown>>;
    readonly permissions: Readonly<Record<string, string>>;
    readonly jobs: Readonly<Record<string, Job>>;
}

export interface GitLabJob {
    readonly image?: string;
    readonly extends?: string | readonly string[];
    readonly script?: readonly string[];
    readonly before_script?: readonly string[];
    readonly rules?: readonly { readonly if: string; readonly when?: string }[];
    readonly timeout?: string;
    readonly resource_group?: string;
    readonly interruptible?: boolean;
    readonly cache?: unknown;
    readonly environment?: { readonly name: string; readonly action?: string };
}

export const workflowNames = ["preview", "release", "release-stack", "nightly", "weekly"] as const;

export const pipelineText = (file: string): string => readFileSync(path.join(projectRoot, "pipelines", file), "utf8");

export function workflow(name: (typeof workflowNames)[number]): Workflow {
    return parse(pipelineText(`github/${name}.yml`)) as Workflow;
}

export function setupSteps(): readonly Step[] {
    return (parse(pipelineText("github/setup/action.yml")) as { runs: { steps: Step[] } }).runs.steps;
}

/** Every job of the file, with what it extends put under what it says itself. */
export function gitlabJobs(): Record<string, GitLabJob> {
    const jobs = parse(pipelineText("gitlab/anchorage.gitlab-ci.yml")) as Record<string, GitLabJob>;
    delete jobs["stages"];
    const whole = (job: GitLabJob): GitLabJob =>
        Object.assign({}, ...[job.extends ?? []].flat().map((name) => whole(jobs[name] ?? {})), job) as GitLabJob;
    return Object.fromEntries(Object.entries(jobs).map(([name, job]) => [name, whole(job)]));
}

/** The one step of a workflow's job that has this name. */
export function scriptOf(name: (typeof workflowNames)[number], job: string, title: string): string {
    const script = workflow(name).jobs[job]?.steps?.find((step) => step.name === title)?.run;
    if (script === undefined) throw new Error(`${name}.yml has no step ${title} in ${job}`);
    return script;
}

export interface Ran {
    readonly code: number | null;
    readonly stdout: string;
    readonly stderr: string;
    /** Command lines of programs that stand in for real ones, in order. */
    readonly calls: readonly (readonly string[])[];
}

/** A folder to run steps in, with programs that stand in for those that a test must not run. */
export class Runner {
    private constructor(readonly folder: string) {}

    static async open(): Promise<Runner> {
        const runner = new Runner(await mkdtemp(path.join(tmpdir(), "anchorage-pipeline-")));
        await mkdir(path.join(runner.folder, "shims"));
        return runner;
    }

    /** A program that writes its command line down, and then runs this shell script. */
    async shim(name: string, script: string): Promise<void> {
        const file = path.join(this.folder, "shims", name);
        const text = `#!/usr/bin/env bash\nprintf '%s\\0' ${name} "$@" >> "${this.calls}"\necho >> "${this.calls}"\n${script}\n`;
        await writeFile(file, text);
        await chmod(file, 0o755);
    }

    /** As the platform runs a step: GitHub's and GitLab's shells end with the first command that fails. */
    async run(script: string, env: Readonly<Record<string, string>>, pathOnly = false): Promise<Ran> {
        await rm(this.calls, { force: true });
        const shims = path.join(this.folder, "shims");
        const child = spawn("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], {
            cwd: this.folder,
            env: {
                PATH: pathOnly ? shims : `${shims}:${process.env["PATH"] ?? ""}`,
                HOME: this.folder,
                ...env,
            },
        });
        let [stdout, stderr] = ["", ""];
        child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
        child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
        const code = await new Promise<number | null>((resolve) => child.once("close", (ended) => resolve(ended)));
        const text = await readFile(this.calls, "utf8").catch(() => "");
        const calls = text
            .split("\n")
            .filter((line) => line !== "")
            .map((line) => line.split("\0").slice(0, -1));
        return { code, stdout, stderr, calls };
    }

    async read(file: string): Promise<string> {
        return readFile(path.join(this.folder, file), "utf8");
    }

    async close(): Promise<void> {
        await rm(this.folder, { recursive: true });
    }

    private get calls(): string {
        return path.join(this.folder, "calls");
    }
}
