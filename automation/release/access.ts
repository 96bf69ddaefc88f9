import { readFile } from "node:fs/promises";
import path from "node:path";
import type { StackOutputs } from "../../config/contract";
import { releaseLease } from "../backup/lease";
import { LeaseLock } from "../backup/lock";
import { VeleroObjects } from "../backup/velero-access";
import type { ClusterDoor } from "../cluster-access";
import type { Context, StackOptions } from "../context";
import { nestedReporter, type NestedReporter } from "../drill/nested-reporter";
import { withPatience } from "../patience";
import { wasDeployed } from "../recover/helm-release";
import { completeStackOutputs, requireStackOutputs } from "../stack-outputs";
import { projectName, withHarborVersion } from "../upgrade/settle";
import { ReleaseBook } from "./book";
import type { Update } from "./steps";
import type { Present } from "./way-back";

export interface ReleaseGround {
    readonly options: StackOptions & {
        readonly yes: boolean;
        readonly allow: readonly string[];
        readonly acceptEngineChange: boolean;
        /** What fails is put back at once. */
        readonly autoRollback: boolean;
        /** Seconds to wait for another command on the stack. */
        readonly lockTimeout: number;
    };
    /** Milliseconds that the registry has to get ready. */
    readonly waitMs: number;
    /** Folder of the reports. */
    readonly reports: string;
}

/** What verbs that ran inside of a step did, by the step's id. */
export type NestedVerbs = Record<string, NestedReporter>;

/** What the doors of a release have in common: the stack, its record, and whom they report to. */
export class ReleaseAccess {
    protected readonly at: StackOptions;
    private lock: LeaseLock | undefined;
    protected readonly book = new ReleaseBook(
        async () => this.objects(await this.requireInstalled()),
        () => this.present(),
    );

    constructor(
        protected readonly ground: ReleaseGround,
        protected readonly context: Context,
        protected readonly nested: NestedVerbs,
        /** Called with the reason where the release is no longer alone on the stack. */
        private readonly onLost: (reason: unknown) => void,
    ) {
        const { stack, engine, lab, lockTimeout } = ground.options;
        this.at = { stack, engine, lockTimeout, ...(lab === undefined ? {} : { lab }) };
    }

    /** Lets the next release begin. Never throws. */
    async close(): Promise<void> {
        await this.lock?.release();
    }

    /**
     * Keeps other releases of the stack away, from whatever machine, until {@link close}. Before a stack's first `up` there is
     * no namespace for the Lease.
     * @throws HeldError that names who releases, after the time that it is waited for
     */
    protected async hold(outputs: StackOutputs): Promise<void> {
        const objects = await this.objects(outputs);
        const options = { purpose: `release of stack ${this.at.stack}`, name: releaseLease } as const;
        const lock = await this.patiently(() => LeaseLock.acquire(objects, options));
        lock.signal.addEventListener("abort", () => {
            this.onLost(lock.signal.reason);
        });
        this.lock = lock;
    }

    protected within(step: string, update: Update): Context {
        const inner = nestedReporter(this.context.reporter, step, update);
        const before = this.nested[step]?.records ?? [];
        this.nested[step] = {
            reporter: inner.reporter,
            get records() {
                return [...before, ...inner.records];
            },
        };
        return { ...this.context, reporter: inner.reporter };
    }

    protected patiently<T>(work: () => Promise<T>): Promise<T> {
        const { reporter, signal } = this.context;
        return withPatience(work, { lockTimeout: this.ground.options.lockTimeout, reporter, signal });
    }

    /** Undefined where nothing ever came up. */
    protected async installed(): Promise<StackOutputs | undefined> {
        const { engine } = await this.context.selectEngine(this.at);
        const outputs = completeStackOutputs(await engine.outputs());
        if (outputs === undefined) return undefined;
        return (await wasDeployed(await this.objects(outputs), outputs.release.name)) ? outputs : undefined;
    }

    protected async requireInstalled(): Promise<StackOutputs> {
        const { engine } = await this.context.selectEngine(this.at);
        return requireStackOutputs(engine);
    }

    protected async door(outputs: StackOutputs): Promise<ClusterDoor> {
        const { exec, signal } = this.context;
        return { exec, kubectl: await this.context.kubectl(outputs.cluster), signal };
    }

    protected async present(): Promise<Present> {
        const harbor = (await this.requireInstalled()).release.harborVersion;
        const { projectRoot } = this.context;
        const text = await readFile(path.join(projectRoot, `Pulumi.${this.at.stack}.yaml`), "utf8");
        const settings = (await withHarborVersion(text, await projectName(projectRoot), harbor)) ?? text;
        return { harbor, settings };
    }

    protected async objects(outputs: StackOutputs): Promise<VeleroObjects> {
        // The record outlives Ctrl-C.
        const door = { ...(await this.door(outputs)), signal: new AbortController().signal };
        return new VeleroObjects(outputs, outputs.namespace, door);
    }
}
