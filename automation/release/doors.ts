/* eslint-disable @typescript-eslint/no-require-imports -- lazy: each verb is needed by one step */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir, userInfo } from "node:os";
import path from "node:path";
import type { StackOutputs } from "../../config/contract";
import { ExitCode, UserError } from "../../lib/errors";
import { defaultSetName } from "../backup/manifest";
import { VeleroObjects } from "../backup/velero-access";
import type { ClusterDoor } from "../cluster-access";
import type { Context, StackOptions } from "../context";
import { nestedReporter, type NestedReporter } from "../drill/nested-reporter";
import { withPatience } from "../patience";
import { preflight } from "../preflight";
import { runPreview } from "../preview";
import { refuseDangers } from "../preview-report/gate";
import { startRehearsalLab } from "../rehearsal-lab";
import { readableSettings } from "../readable-settings";
import { isChange, renderSummary } from "../render/changes";
import { count } from "../render/style";
import { readStackOutputs, requireStackOutputs } from "../stack-outputs";
import { bringUp } from "../upgrade/bring-up";
import { engineFor } from "../upgrade/doors";
import { planStackUpgrade, refuseUpgrade } from "../upgrade/plan";
import { projectName, withHarborVersion } from "../upgrade/settle";
import { completeRest } from "./complete";
import { readRelease, writeRelease, type ReleaseRecord } from "./record";
import { describeAhead, type Ahead, type ReleaseDoors, type Update } from "./steps";
import { decideWayBack, type Present } from "./way-back";

export interface ReleaseGround {
    readonly options: StackOptions & {
        readonly yes: boolean;
        readonly allow: readonly string[];
        readonly acceptEngineChange: boolean;
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

/** The real doors. @param nested gets what happened inside of each step */
export function releaseDoors(ground: ReleaseGround, context: Context, nested: NestedVerbs): ReleaseDoors {
    return new RealDoors(ground, context, nested);
}

class RealDoors implements ReleaseDoors {
    private readonly at: StackOptions;

    constructor(
        private readonly ground: ReleaseGround,
        private readonly context: Context,
        private readonly nested: NestedVerbs,
    ) {
        const { stack, engine, lab, lockTimeout } = ground.options;
        this.at = { stack, engine, lockTimeout, ...(lab === undefined ? {} : { lab }) };
    }

    async complete(update: Update): ReturnType<ReleaseDoors["complete"]> {
        const outputs = await this.outputs();
        const door = outputs === undefined ? undefined : await this.door(outputs);
        const rest = { options: this.upgrading(), outputs, door, putBack: () => this.restOf(update) };
        const context = this.within("complete", update);
        return this.patiently(() => completeRest(rest, context));
    }

    async look(update: Update): Promise<Ahead> {
        const { options } = this.ground;
        const context = this.within("look", update);
        await startRehearsalLab(options, context);
        const settings = await readableSettings(context.projectRoot, options.stack);
        const to = settings.harbor.version;
        const before = await this.outputs();
        const from = before?.release.harborVersion;
        const isUpgrade = from !== undefined && from !== to;
        if (isUpgrade) {
            if (settings.backup.kind === "none") throw noBackups(options.stack, from, to);
            refuseUpgrade(await planStackUpgrade({ ...options, to }, context));
        }
        const selected = await (isUpgrade ? engineFor(from, this.at, context) : context.selectEngine(this.at));
        if (!isUpgrade) await preflight(selected, options, context);
        const planned = await runPreview(selected, context, options);
        if (before !== undefined) refuseDangers(planned, options.allow, options);
        const changed = planned.changes.filter(isChange).length;
        const ahead = {
            from,
            to,
            changes: changed === 0 ? undefined : `${count(changed, "resource")} to change`,
            backups: before?.backup !== undefined,
        };
        if (isUpgrade || ahead.changes !== undefined) await this.consent(describeAhead(ahead));
        return ahead;
    }

    private async consent(what: string): Promise<void> {
        if (this.ground.options.yes || (await this.context.confirm(`release to stack ${this.at.stack}: ${what}?`)))
            return;
        throw new UserError("not confirmed: nothing was changed", { exitCode: ExitCode.refused });
    }

    async backup(update: Update): Promise<string> {
        const { backup } = require("../backup") as typeof import("../backup");
        const name = `${defaultSetName(new Date())}-release`;
        const { reports } = this.ground;
        const context = this.within("backup", update);
        await this.patiently(() => backup({ ...this.at, reports, name, kind: "regular" }, context));
        return name;
    }

    async up(update: Update, signal: AbortSignal): Promise<string> {
        const context = this.within("up", update);
        const outputs = await this.outputs();
        if (outputs === undefined) {
            const { engine } = await context.selectEngine(this.at);
            return renderSummary(await engine.up({ signal }), "done");
        }
        const { engine } = await engineFor(outputs.release.harborVersion, this.at, context);
        const door = await this.door(outputs);
        const { waitMs } = this.ground;
        const what = `Harbor ${outputs.release.harborVersion} with the new settings`;
        return bringUp({ engine, what, outputs, door, waitMs }, { signal, update }, context.reporter);
    }

    async verify(update: Update): Promise<void> {
        const { verify } = require("../verify") as typeof import("../verify");
        // Each time it runs it is another one, for the timeline.
        const within = this.nested["verify"] === undefined ? "verify" : "verify-upgrade";
        await verify({ ...this.at, reports: this.ground.reports }, this.within(within, update));
    }

    async upgrade(update: Update): Promise<void> {
        const { upgradeRun } = require("../upgrade/run") as typeof import("../upgrade/run");
        await upgradeRun(this.upgrading(), this.within("upgrade", update));
    }

    async rollback(update: Update): Promise<void> {
        const { upgradeRollback } = require("../upgrade/run") as typeof import("../upgrade/run");
        await upgradeRollback(this.upgrading(), this.within("rollback", update));
    }

    async wayBack(failed: string): ReturnType<ReleaseDoors["wayBack"]> {
        return decideWayBack(failed, await this.record(), await this.present());
    }

    async keep(): Promise<void> {
        const { harbor, settings } = await this.present();
        const by = `${userInfo().username}@${hostname()}`;
        await this.write({ version: 1, good: { settings, harbor, at: new Date().toISOString(), by } });
    }

    async turn(why: string): Promise<void> {
        const record = await this.requireRecord();
        await this.write({ ...record, back: { since: new Date().toISOString(), why } });
    }

    async returned(): Promise<void> {
        const { version, good } = await this.requireRecord();
        await this.write({ version, good });
    }

    async putBack(update: Update): Promise<string> {
        const { good } = await this.requireRecord();
        const { stack } = this.at;
        const folder = await mkdtemp(path.join(tmpdir(), "anchorage-release-")); // mode 0700
        try {
            const settingsFile = path.join(folder, `Pulumi.${stack}.yaml`);
            await writeFile(settingsFile, good.settings, { mode: 0o600 });
            const context = this.within("put-back", update);
            const selected = await context.selectEngine({ ...this.at, settingsFile });
            refuseDangers(await runPreview(selected, context), this.ground.options.allow, this.at);
            const outputs = await requireStackOutputs(selected.engine);
            const door = await this.door(outputs);
            const { engine } = selected;
            const what = `Harbor ${good.harbor} with the settings of before`;
            const { waitMs } = this.ground;
            const told = await bringUp(
                { engine, what, outputs, door, waitMs },
                { signal: context.signal, update },
                context.reporter,
            );
            return `${told}; Pulumi.${stack}.yaml still says what failed: revert that change`;
        } finally {
            await rm(folder, { recursive: true, force: true });
        }
    }

    /** A way back that was cut short is brought to its end. @returns why it had been begun */
    private async restOf(update: Update): Promise<string | undefined> {
        const record = await this.record();
        if (record?.back === undefined) return undefined;
        const told = await this.putBack(update);
        await this.verify(update);
        await this.returned();
        return `${record.back.why} (${told})`;
    }

    private upgrading(): Parameters<typeof import("../upgrade/run").upgradeRun>[0] {
        const { waitMs, reports, options } = this.ground;
        const { acceptEngineChange } = options;
        return { ...this.at, yes: true, wait: waitMs / 1000, report: reports, acceptEngineChange };
    }

    private within(step: string, update: Update): Context {
        const inner = nestedReporter(this.context.reporter, step, update);
        this.nested[step] = inner;
        return { ...this.context, reporter: inner.reporter };
    }

    private patiently<T>(work: () => Promise<T>): Promise<T> {
        const { reporter, signal } = this.context;
        return withPatience(work, { lockTimeout: this.ground.options.lockTimeout, reporter, signal });
    }

    /** Undefined before the first update. */
    private async outputs(): Promise<StackOutputs | undefined> {
        const { engine } = await this.context.selectEngine(this.at);
        return readStackOutputs(await engine.outputs());
    }

    private async door(outputs: StackOutputs): Promise<ClusterDoor> {
        const { exec, signal } = this.context;
        return { exec, kubectl: await this.context.kubectl(outputs.cluster), signal };
    }

    private async present(): Promise<Present> {
        const { engine } = await this.context.selectEngine(this.at);
        const harbor = (await requireStackOutputs(engine)).release.harborVersion;
        const { projectRoot } = this.context;
        const text = await readFile(path.join(projectRoot, `Pulumi.${this.at.stack}.yaml`), "utf8");
        const settings = (await withHarborVersion(text, await projectName(projectRoot), harbor)) ?? text;
        return { harbor, settings };
    }

    private async objects(): Promise<VeleroObjects | undefined> {
        const outputs = await this.outputs();
        if (outputs === undefined) return undefined;
        // The record outlives Ctrl-C.
        const door = { ...(await this.door(outputs)), signal: new AbortController().signal };
        return new VeleroObjects(outputs, outputs.namespace, door);
    }

    private async record(): Promise<ReleaseRecord | undefined> {
        const objects = await this.objects();
        return objects === undefined ? undefined : readRelease(objects);
    }

    private async requireRecord(): Promise<ReleaseRecord> {
        const record = await this.record();
        if (record === undefined) throw new Error("there is no record of a release");
        return record;
    }

    private async write(record: ReleaseRecord): Promise<void> {
        const objects = await this.objects();
        if (objects === undefined) throw new Error("there is no stack to write a release of");
        await writeRelease(objects, record);
    }
}

function noBackups(stack: string, from: string, to: string): UserError {
    return new UserError(`Harbor ${from} is not upgraded to ${to}: the stack has no backups, so there is no way back`, {
        next: [`set backup.kind to velero in Pulumi.${stack}.yaml, and release that first (docs/backup-velero.md)`],
        exitCode: ExitCode.refused,
    });
}
