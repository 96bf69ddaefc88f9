/* oxlint-disable typescript/no-require-imports -- lazy: each verb is needed by one step */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ExitCode, UserError } from "../../lib/errors";
import { waitFor } from "../../lib/wait";
import { defaultSetName } from "../backup/manifest";
import type { Context, SelectedEngine } from "../context";
import type { EngineEvent } from "../engine";
import { recover } from "../recover";
import { preflight } from "../preflight";
import { forwardEvent, runPreview } from "../preview";
import { allowedDangers, refuseDangers } from "../preview-report/gate";
import { startRehearsalLab } from "../rehearsal-lab";
import { readableSettings } from "../readable-settings";
import { isChange, renderSummary } from "../render/changes";
import { count } from "../render/style";
import { bringUp } from "../upgrade/bring-up";
import { engineFor } from "../upgrade/engine-for";
import { planStackUpgrade, refuseUpgrade } from "../upgrade/plan";
import { ReleaseAccess } from "./access";
import { completeRest, hopUnderWay } from "./complete";
import type { GoodRelease } from "./record";
import { describeAhead, type Ahead, type ReleaseDoors, type Update, type WayBack } from "./steps";
import { rollBackTo } from "./way-back";

/** Milliseconds that Harbor has to answer once its pods are ready. */
const settlesWithin = 60_000;

/** The real doors. Close them in any case. */
export class RealDoors extends ReleaseAccess implements ReleaseDoors {
    async complete(update: Update): ReturnType<ReleaseDoors["complete"]> {
        const outputs = await this.installed();
        if (outputs !== undefined) await this.hold(outputs);
        const context = this.within("complete", update);
        const rest = {
            stack: this.at.stack,
            recover: () => recover(this.at, context),
            objects: outputs === undefined ? undefined : await this.objects(outputs),
            resume: () => {
                const { upgradeResume } = require("../upgrade/run") as typeof import("../upgrade/run");
                return upgradeResume(this.upgrading(), context);
            },
            present: () => this.present(),
            doors: this,
        };
        return this.patiently(() => completeRest(rest, update));
    }

    async look(update: Update): Promise<Ahead> {
        const { options } = this.ground;
        const context = this.within("look", update);
        await startRehearsalLab(options, context);
        const settings = await readableSettings(context.projectRoot, options.stack);
        const to = settings.harbor.version;
        const before = await this.installed();
        const from = before?.release.harborVersion;
        const isUpgrade = from !== undefined && from !== to;
        if (isUpgrade) {
            if (settings.backup.kind === "none") throw noBackups(options.stack, from, to);
            refuseUpgrade(await planStackUpgrade({ ...options, to }, context));
        }
        const selected = await (isUpgrade ? engineFor(from, this.at, context) : context.selectEngine(this.at));
        await preflight(selected, { ...options, plansHops: isUpgrade }, context);
        const planned = await runPreview(selected, context, options);
        refuseDangers(planned, allowedDangers(options), options);
        const changed = planned.changes.filter(isChange).length;
        const changes = changed === 0 ? undefined : `${count(changed, "resource")} to change`;
        return { from, to, changes, backups: before?.backup !== undefined };
    }

    async consent(ahead: Ahead): Promise<void> {
        const { from, to, changes } = ahead;
        if (this.ground.options.yes || (changes === undefined && from === to)) return;
        if (await this.context.confirm(`release to stack ${this.at.stack}: ${describeAhead(ahead)}?`)) return;
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
        const outputs = await this.installed();
        const policyPacks = (this.ground.options.policyPack ?? []).map((folder) => path.resolve(folder));
        if (outputs === undefined) {
            const { engine } = await context.selectEngine(this.at);
            const onEvent = (event: EngineEvent): void => {
                forwardEvent(event, context.reporter, update);
            };
            const made = await engine.up({ signal, policyPacks, onEvent });
            await this.hold(await this.requireInstalled());
            return renderSummary(made, "done");
        }
        const { engine } = await engineFor(outputs.release.harborVersion, this.at, context);
        const door = await this.door(outputs);
        const { waitMs } = this.ground;
        const what = `Harbor ${outputs.release.harborVersion} with the new settings`;
        const ground = { engine, what, outputs, door, waitMs, policyPacks };
        return bringUp(ground, { signal, update }, context.reporter);
    }

    async verify(step: string, update: Update): Promise<void> {
        const { verify } = require("../verify") as typeof import("../verify");
        await this.settled(update);
        await verify({ ...this.at, reports: this.ground.reports }, this.within(step, update));
    }

    async upgrade(update: Update): Promise<void> {
        const { upgradeRun } = require("../upgrade/run") as typeof import("../upgrade/run");
        await upgradeRun(this.upgrading(), this.within("upgrade", update));
    }

    async rollback(update: Update): Promise<void> {
        const { upgradeRollback } = require("../upgrade/rollback") as typeof import("../upgrade/rollback");
        const { good } = await this.book.require();
        const context = this.within("rollback", update);
        const outputs = await this.requireInstalled();
        await rollBackTo(good.harbor, {
            installed: async () => (await this.requireInstalled()).release.harborVersion,
            underWay: async () => (await hopUnderWay(await this.objects(outputs))) !== undefined,
            undo: (to) => upgradeRollback({ ...this.upgrading(), to }, context),
        });
    }

    wayBack(failed: string): ReturnType<ReleaseDoors["wayBack"]> {
        return this.book.wayBack(failed);
    }

    keep(): Promise<void> {
        return this.book.keep();
    }

    turn(kind: WayBack["kind"], why: string): Promise<void> {
        return this.book.turn(kind, why);
    }

    returned(): Promise<void> {
        return this.book.returned();
    }

    async mayPutBack(update: Update): Promise<void> {
        const context = this.within("put-back", update);
        await this.withGood(context, async (selected) => {
            refuseDangers(await runPreview(selected, context), allowedDangers(this.ground.options), this.at);
        });
    }

    async putBack(update: Update): Promise<string> {
        const context = this.within("put-back", update);
        const { signal, reporter } = context;
        const { waitMs } = this.ground;
        return this.withGood(context, async ({ engine }, { harbor }) => {
            const outputs = await this.requireInstalled();
            const door = await this.door(outputs);
            const what = `Harbor ${harbor} with the settings of before`;
            const told = await bringUp({ engine, what, outputs, door, waitMs }, { signal, update }, reporter);
            return `${told}; Pulumi.${this.at.stack}.yaml still says what failed: revert that change`;
        });
    }

    /** Pods that are ready may need a moment until Harbor answers. What is not well after that, `verify` says. */
    private async settled(update: Update): Promise<void> {
        const { openHarbor } = require("../backup/ground") as typeof import("../backup/ground");
        const outputs = await this.requireInstalled();
        const signal = AbortSignal.any([this.context.signal, AbortSignal.timeout(settlesWithin)]);
        try {
            const { client, close } = await openHarbor(outputs, { ...(await this.door(outputs)), signal }, update);
            const look = async (): Promise<true | undefined> => {
                const { status } = await client.system.health({ signal }).catch(() => ({ status: "unreachable" }));
                return status === "healthy" ? true : undefined;
            };
            const waiting = { what: "Harbor to be healthy", timeoutMs: settlesWithin, intervalMs: 500, signal };
            try {
                await waitFor(look, waiting);
            } finally {
                await close();
            }
        } catch {
            this.context.signal.throwIfAborted();
        }
    }

    private upgrading(): Parameters<typeof import("../upgrade/run").upgradeRun>[0] {
        const { waitMs, reports, options } = this.ground;
        const { acceptEngineChange, autoRollback } = options;
        return { ...this.at, yes: true, wait: waitMs / 1000, report: reports, acceptEngineChange, autoRollback };
    }

    /** With the engine on the settings of the last good release. */
    private async withGood<T>(
        context: Context,
        work: (selected: SelectedEngine, good: GoodRelease) => Promise<T>,
    ): Promise<T> {
        const { good } = await this.book.require();
        const folder = await mkdtemp(path.join(tmpdir(), "anchorage-release-")); // mode 0700
        try {
            const settingsFile = path.join(folder, `Pulumi.${this.at.stack}.yaml`);
            await writeFile(settingsFile, good.settings, { mode: 0o600 });
            return await work(await context.selectEngine({ ...this.at, settingsFile }), good);
        } finally {
            await rm(folder, { recursive: true, force: true });
        }
    }
}

function noBackups(stack: string, from: string, to: string): UserError {
    return new UserError(`Harbor ${from} is not upgraded to ${to}: the stack has no backups, so there is no way back`, {
        next: [`set backup.kind to velero in Pulumi.${stack}.yaml, and release that first (docs/backup-velero.md)`],
        exitCode: ExitCode.refused,
    });
}
