import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { exec, type ExecOptions, type ExecResult } from "../lib/exec";
import { projectRoot } from "../lib/home";

/**
 * Where a bench works: a folder of its own for labs, engine state and the peer's clusters, so that the user's lab is
 * not touched. Everything that was started in it is stopped by {@link Sandbox.close}, also after Ctrl-C.
 */
export class Sandbox {
    private readonly closers: (() => Promise<unknown>)[] = [];

    private constructor(
        readonly folder: string,
        /** Absolute paths of the lab's binaries by name. */
        readonly tools: Readonly<Record<string, string>>,
        /** Undefined while the sandbox is being closed: what cleans up is not interrupted. */
        private signal: AbortSignal | undefined,
    ) {}

    static async open(signal: AbortSignal): Promise<Sandbox> {
        const folder = await mkdtemp(path.join(tmpdir(), "anchorage-bench-"));
        const binaries = await new Sandbox(folder, {}, signal).anchorage<{
            readonly binaries: readonly { readonly name: string; readonly file: string }[];
        }>(["lab", "tools"]);
        return new Sandbox(folder, Object.fromEntries(binaries.binaries.map(({ name, file }) => [name, file])), signal);
    }

    /** ANCHORAGE_HOME of everything that runs in it. */
    get home(): string {
        return path.join(this.folder, "home");
    }

    /** Runs in reverse order when the sandbox is closed. */
    onClose(close: () => Promise<unknown>): void {
        this.closers.unshift(close);
    }

    async close(): Promise<void> {
        this.signal = undefined;
        const failures: unknown[] = [];
        for (const close of this.closers) await close().catch((error: unknown) => failures.push(error));
        if (failures.length > 0) throw new AggregateError(failures, `could not stop everything of ${this.folder}`);
        await rm(this.folder, { recursive: true, force: true });
    }

    /** Runs a verb of the CLI as a user does, in a process of its own. @returns its result event */
    async anchorage<T extends object = object>(
        args: readonly string[],
        env: Readonly<Record<string, string>> = {},
    ): Promise<T> {
        const { stdout } = await this.run(process.execPath, ["bin/anchorage.js", ...args, "--json"], {
            cwd: projectRoot,
            env,
        });
        const events = stdout
            .split("\n")
            .filter((line) => line !== "")
            .map((line) => JSON.parse(line) as { readonly kind: string });
        const result = events.find((event) => event.kind === "result");
        if (result === undefined) throw new Error(`anchorage ${args.join(" ")} reported no result`);
        return result as unknown as T;
    }

    /** Runs a program with the sandbox's home. An interrupt ends it. */
    run(file: string, args: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
        const env = { ANCHORAGE_HOME: this.home, ...options.env };
        return exec(file, args, { ...options, env, signal: this.signal });
    }

    tool(name: string): string {
        const file = this.tools[name];
        if (file === undefined) throw new Error(`the lab has no binary ${name}: ${Object.keys(this.tools).join(", ")}`);
        return file;
    }
}

/** A cluster by kwokctl alone, with the same binaries as the lab: what the lab is compared with. */
export class BareCluster {
    readonly kubeconfig: string;
    /** kwokctl's folder of this cluster. */
    readonly folder: string;
    private readonly env: Record<string, string>;

    constructor(
        private readonly sandbox: Sandbox,
        readonly name: string,
    ) {
        this.kubeconfig = path.join(sandbox.folder, "bare", name, "kubeconfig");
        this.folder = path.join(sandbox.folder, "bare", "clusters", name);
        // kwokctl wants a kubectl on PATH
        const kubectl = path.dirname(sandbox.tool("kubectl"));
        this.env = {
            KWOK_WORKDIR: path.join(sandbox.folder, "bare"),
            PATH: `${kubectl}${path.delimiter}${process.env["PATH"] ?? ""}`,
        };
        sandbox.onClose(() => this.delete());
    }

    /** `kwokctl create cluster` until the API server answers. */
    async create(): Promise<void> {
        const binaries = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"].flatMap((name) => [
            `--${name}-binary`,
            this.sandbox.tool(name),
        ]);
        await mkdir(path.dirname(this.kubeconfig), { recursive: true });
        await this.kwokctl([
            ...["create", "cluster", "--runtime", "binary", "--wait", "120s", "--kubeconfig", this.kubeconfig],
            ...["--kwok-controller-binary", this.sandbox.tool("kwok"), ...binaries],
        ]);
    }

    async delete(): Promise<void> {
        await this.kwokctl(["delete", "cluster", "--kubeconfig", this.kubeconfig]);
    }

    /** Runs `kwokctl ... --name <this>`. */
    kwokctl(args: readonly string[]): Promise<ExecResult> {
        return this.sandbox.run(this.sandbox.tool("kwokctl"), [...args, "--name", this.name], { env: this.env });
    }
}
