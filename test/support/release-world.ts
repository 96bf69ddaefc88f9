import { completeRest } from "../../automation/release/complete";
import { ReleaseBook } from "../../automation/release/book";
import { driveRelease, type ReleaseDriveOptions } from "../../automation/release/drive";
import { parseRelease, type ReleaseRecord } from "../../automation/release/record";
import type { Ahead, Findings, ReleaseDoors } from "../../automation/release/steps";
import { rollBackTo } from "../../automation/release/way-back";
import type { StepsResult } from "../../automation/steps";
import type { HopRecord, UpgradeRecord } from "../../automation/upgrade/record";
import { ExitCode, UserError } from "../../lib/errors";
import { collectingReporter } from "./fakes";
import { recordsOnly } from "./record-objects";

/** The process of a command ends: whatever it would do next, it does not. */
class Killed extends Error {}

interface Installed {
    /** What the engine has on record, and what the database is of. */
    harbor: string;
    database: string;
    /** `log level: debug` */
    settings: string;
    /** Whether an update came to its end. */
    whole: boolean;
}

export interface Told {
    readonly result: StepsResult;
    readonly findings: Findings;
    /** What a person sees. */
    readonly text: string;
}

/**
 * A stack and its cluster, as far as a release sees them; they outlive the commands that work on them. The steps, the
 * records, and how a killed run is completed are the real ones: what they call is not.
 */
export class ReleaseWorld {
    installed: Installed | undefined;
    /** What Pulumi.<stack>.yaml says. */
    file = { harbor: "2.14.4", settings: "info" };
    /** Records by the name of their object. */
    readonly records = new Map<string, string>();
    /** Left by a command that was killed in the midst of an update. */
    locked = false;
    /** What was installed when each was made. */
    readonly backups: string[] = [];
    /** Harbors and settings that do not pass their checks, an `up` of which fails, hops whose migration fails. */
    readonly sick = new Set<string>();
    readonly failing = new Set<string>();
    readonly dangerous = new Set<string>();
    hasBackups = true;
    /** What `consent` answers. */
    agrees = true;
    /** Calls so far, in all commands; and the one that is to go wrong. */
    ticks = 0;
    private trouble: { readonly at: number; readonly how: "kill" | "fail" } | undefined;

    /** The call of that number, counted from now, ends the process or throws. */
    schedule(at: number, how: "kill" | "fail"): void {
        this.trouble = { at: this.ticks + at, how };
    }

    async release(options: Partial<ReleaseDriveOptions> = {}): Promise<Told | "killed"> {
        const life = { over: false };
        const tick = (): void => {
            if (life.over) throw new Killed("killed");
            if (this.trouble?.at !== ++this.ticks) return;
            if (this.trouble.how === "fail") throw new UserError("injected failure");
            life.over = true;
            throw new Killed("killed");
        };
        const { reporter, text } = collectingReporter();
        const findings: Findings = {};
        const given = { reporter, signal: new AbortController().signal, autoRollback: true, flags: "" };
        const result = await driveRelease(this.doors(tick), findings, { ...given, ...options });
        return life.over ? "killed" : { result, findings, text: text() };
    }

    get record(): ReleaseRecord | undefined {
        const text = this.records.get("anchorage-release");
        return text === undefined ? undefined : parseRelease(text);
    }

    /** What is not as it should be of a registry that people use; empty: nothing. */
    complaints(): string[] {
        const { installed, record } = this;
        if (installed === undefined) return ["nothing is installed"];
        return [
            ...(installed.whole ? [] : ["half an update"]),
            ...(installed.database === installed.harbor
                ? []
                : [`Harbor ${installed.harbor} on a database of ${installed.database}`]),
            ...(this.isHealthy() ? [] : [`${installed.harbor} with ${installed.settings} does not work`]),
            ...(this.locked ? ["locked"] : []),
            ...(record?.back === undefined ? [] : ["on its way back"]),
            ...(this.hop === undefined ? [] : ["an upgrade under way"]),
        ];
    }

    /** `2.14.4, info` */
    get is(): string {
        return `${this.installed?.harbor ?? "nothing"}, ${this.installed?.settings ?? ""}`;
    }

    private isHealthy(): boolean {
        const { installed, sick } = this;
        return installed?.whole === true && !sick.has(installed.harbor) && !sick.has(installed.settings);
    }

    private get upgrade(): UpgradeRecord | undefined {
        const text = this.records.get("anchorage-upgrade");
        return text === undefined ? undefined : (JSON.parse(text) as UpgradeRecord);
    }

    private get hop(): HopRecord | undefined {
        return this.upgrade?.hops.find(({ state }) => state === "changing" || state === "back");
    }

    private setHop(hop: Pick<HopRecord, "from" | "to">, state: HopRecord["state"]): void {
        const upgrade = this.upgrade;
        const hops = upgrade?.hops.map((one) => (one.to === hop.to ? { ...one, state } : one));
        this.records.set("anchorage-upgrade", JSON.stringify({ ...upgrade, hops }));
    }

    private doors(tick: () => void): ReleaseDoors {
        const present = () =>
            Promise.resolve({
                harbor: this.here.harbor,
                settings: `config: { harbor: ${this.here.harbor}, settings: ${this.file.settings} }`,
            });
        const objects = { namespace: "harbor", kubectl: recordsOnly(this.records, tick) };
        const book = new ReleaseBook(() => Promise.resolve(objects), present);
        /** Two moments at which it can be killed: before anything is changed, and in the midst of it. */
        const update = (change: () => void): void => {
            if (this.locked) throw new UserError("another update is running");
            tick();
            this.locked = true;
            this.here.whole = false;
            tick();
            change();
            this.here.whole = true;
            this.locked = false;
            tick();
        };
        const undo = (hop: HopRecord): void => {
            tick();
            this.setHop(hop, "back");
            update(() => (this.here.harbor = hop.from));
            this.here.database = hop.from;
            tick();
            this.setHop(hop, "rolled-back");
            this.file.harbor = hop.from;
        };
        const make = (): void => {
            for (let hop = this.next; hop !== undefined; hop = this.next) {
                if (hop.state === "back") {
                    undo(hop);
                    return;
                }
                const { to } = hop;
                if (!this.backups.some((one) => one.startsWith(this.here.harbor))) this.backUp();
                tick();
                this.setHop(hop, "changing");
                update(() => (this.here.harbor = to));
                if (this.failing.has(to)) {
                    undo(hop);
                    throw new UserError(`Harbor ${to} failed, and ${hop.from} is back`);
                }
                this.here.database = to;
                this.file.harbor = to;
                tick();
                this.setHop(hop, "upgraded");
            }
        };
        const doors: ReleaseDoors = {
            complete: (say) =>
                completeRest(
                    {
                        stack: "public",
                        recover: () => {
                            tick();
                            const told = this.locked ? ["a lock was taken away"] : [];
                            this.locked = false;
                            return Promise.resolve(told);
                        },
                        objects: this.installed === undefined ? undefined : objects,
                        resume: () => {
                            make();
                            return Promise.resolve();
                        },
                        present,
                        doors,
                    },
                    say,
                ),
            look: () => {
                tick();
                const { installed, file } = this;
                if (this.dangerous.has(file.settings)) {
                    throw new UserError("the change is dangerous", { exitCode: ExitCode.dangerous });
                }
                const changed = installed?.settings !== file.settings || !installed.whole;
                const changes = changed ? "1 resource to change" : undefined;
                return Promise.resolve({ from: installed?.harbor, to: file.harbor, changes, backups: this.hasBackups });
            },
            consent: (ahead: Ahead) => {
                if (this.agrees || (ahead.changes === undefined && ahead.from === ahead.to)) return Promise.resolve();
                return Promise.reject(new UserError("not confirmed", { exitCode: ExitCode.refused }));
            },
            backup: () => {
                tick();
                return Promise.resolve(this.backUp());
            },
            up: () => {
                const { settings, harbor } = this.file;
                tick();
                this.installed ??= { harbor, database: harbor, settings, whole: false };
                update(() => {
                    this.here.settings = settings;
                    if (this.failing.has(settings)) {
                        this.locked = false;
                        this.here.whole = false;
                        throw new UserError(`${settings} does not come up`);
                    }
                });
                return Promise.resolve("1 changed");
            },
            verify: () => {
                tick();
                return this.isHealthy() ? Promise.resolve() : Promise.reject(new UserError("verify failed"));
            },
            upgrade: () => {
                const from = this.here.harbor;
                const versions = chain.slice(chain.indexOf(from), chain.indexOf(this.file.harbor) + 1);
                const hops = versions.slice(1).map((to, index) => ({
                    ...{ from: versions[index] ?? "", to, fromChart: "", chart: "", state: "waiting" },
                    ...{ engineChange: false, sample: [], schedules: [], pausedQueues: [], replicas: {} },
                }));
                const about = { version: 1, id: "abc", stack: "public", beganAt: "then", by: "anna@build-1" };
                tick();
                this.records.set("anchorage-upgrade", JSON.stringify({ ...about, hops }));
                make();
                return Promise.resolve();
            },
            rollback: async () => {
                const { good } = await book.require();
                await rollBackTo(good.harbor, {
                    installed: () => Promise.resolve(this.here.harbor),
                    underWay: () => Promise.resolve(this.hop !== undefined),
                    undo: () => {
                        const hop = this.hop ?? this.upgrade?.hops.findLast(({ state }) => state === "upgraded");
                        if (hop !== undefined) undo(hop);
                        return Promise.resolve();
                    },
                });
            },
            mayPutBack: async () => {
                tick();
                const { good } = await book.require();
                if ([...this.dangerous].some((one) => good.settings.includes(one)))
                    throw new UserError("the change is dangerous", { exitCode: ExitCode.dangerous });
            },
            putBack: async () => {
                const settings = /settings: (\w+)/.exec((await book.require()).good.settings)?.[1] ?? "";
                update(() => (this.here.settings = settings));
                return "1 changed";
            },
            wayBack: (failed) => book.wayBack(failed),
            keep: () => book.keep(),
            turn: (kind, why) => book.turn(kind, why),
            returned: () => book.returned(),
        };
        return doors;
    }

    private get here(): Installed {
        if (this.installed === undefined) throw new Error("nothing is installed");
        return this.installed;
    }

    private get next(): HopRecord | undefined {
        const hops = this.upgrade?.hops ?? [];
        if (hops.some(({ state }) => state === "rolled-back")) return undefined;
        return hops.find(({ state }) => state !== "upgraded");
    }

    private backUp(): string {
        this.backups.push(this.is);
        return `set-${String(this.backups.length)}`;
    }
}

const chain = ["2.12.2", "2.14.4", "2.15.2"];
