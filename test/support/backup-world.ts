import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { Making, type BackupDoors } from "../../automation/backup/making";
import type { Pending } from "../../automation/backup/pending";
import { pruneSets } from "../../automation/backup/pruning";
import { runSteps, type StepsResult } from "../../automation/steps";
import type { StackOutputs } from "../../config/contract";
import { FakeHarborJobs } from "./fake-harbor-jobs";
import { collectingReporter, sampleOutputs } from "./fakes";
import { MemoryStore } from "./memory-store";

const secret = { secretName: "s", secretKey: "k" };
const outputs: StackOutputs = {
    ...sampleOutputs,
    database: {
        ...{ kind: "internal", host: "harbor-database", port: 5432, database: "registry", user: "postgres" },
        ...{ sslmode: "disable", password: secret },
    },
    storage: { kind: "s3", bucket: "b", region: "r", pathStyle: true, accessKey: secret, secretKey: secret },
    backup: {
        ...{ namespace: "velero", location: "default", bucket: { bucket: "b", region: "r", pathStyle: true } },
        ...{ credentials: secret, volumes: "none", retention: { count: 2, days: 1 } },
    },
};

/** All that outlives a killed command. */
export class World {
    readonly backups = new MemoryStore("s3://backups");
    readonly content = new MemoryStore("s3://registry");
    readonly velero = new Map<string, string>();
    readonly pods = new Set<string>();
    pending: Pending | undefined;
    /** Changes of anything, in order. */
    readonly order: string[] = [];
    /** Asked before each change, with its number: throws where it does not happen. */
    gate: (number: number) => void = () => undefined;

    private constructor(readonly harbor: FakeHarborJobs) {
        const blob = Buffer.from("a layer");
        const digest = createHash("sha256").update(blob).digest("hex");
        const root = "docker/registry/v2";
        this.content.objects.set(`${root}/blobs/sha256/${digest.slice(0, 2)}/${digest}/data`, blob);
        const tag = `${root}/repositories/library/app/_manifests/tags/v1/current/link`;
        this.content.objects.set(tag, Buffer.from(`sha256:${digest}`));
        this.harbor.queues.set("REPLICATION", true); // by an operator, on purpose
    }

    static async start(): Promise<World> {
        return new World(await FakeHarborJobs.start());
    }

    change(what: string): void {
        this.gate(this.order.length);
        this.order.push(what);
    }

    /** Runs a backup as one command does. */
    async backup(name: string, more: Partial<BackupDoors> = {}): Promise<{ making: Making; result: StepsResult }> {
        const { harbor, backups, content, velero } = this;
        backups.beforeChange = (what) =>
            this.change(what.replace(/\/sha256\/.*/, "/...").replace(/pruning\/.*/, "pruning/..."));
        harbor.refuse = (change) => {
            try {
                this.change(change.replace("/jobservice/queues/", ""));
                return false;
            } catch {
                return true;
            }
        };
        const doors: BackupDoors = {
            ...{ backups, manifests: backups, content, left: this.pending, now: Date.now, lookEveryMs: 1 },
            // Who is killed here is in a process that goes on.
            marks: { deadMs: 1 },
            openHarbor: () => Promise.resolve({ client: harbor.client, close: () => Promise.resolve() }),
            velero: () => ({
                backup: ({ name: backup }) => {
                    return this.changed(`velero ${backup}`, () => {
                        velero.set(backup, "Completed");
                        const counts = { items: 40, warnings: 0, errors: 0, validationErrors: [], snapshots: 0 };
                        return { name: backup, phase: "Completed", ...counts };
                    });
                },
                deleteBackup: (backup) => {
                    if (!velero.has(backup)) return Promise.resolve();
                    return this.changed(`velero delete ${backup}`, () => void velero.delete(backup));
                },
            }),
            openDatabase: () =>
                this.changed("open database", () => {
                    this.pods.add(name);
                    return {
                        version: () => Promise.resolve("17.10"),
                        sizeBytes: () => Promise.resolve(1),
                        freeConnections: () => Promise.resolve(50),
                        counts: () => Promise.resolve({ projects: 1, repositories: 1, artifacts: 1 }),
                        dump: () => {
                            // Whoever can push now would be in the dump and not in the images, or the reverse.
                            assert.ok(harbor.readOnly && harbor.paused.length === 4);
                            return Readable.from([Buffer.from("a dump")]);
                        },
                        createDatabase: () => Promise.reject(new Error("not in a backup")),
                        dropDatabase: () => Promise.reject(new Error("not in a backup")),
                        restore: () => Promise.reject(new Error("not in a backup")),
                        close: () => this.changed("close database", () => void this.pods.delete(name)),
                    };
                }),
            check: () => Promise.resolve([]),
            sample: () => Promise.resolve([{ repository: "library/app", digest: "sha256:abcd" }]),
            prune: async (signal) => {
                const deleteBackup = doors.velero(signal).deleteBackup;
                await pruneSets({ outputs, stack: "lab", backups, velero: { deleteBackup }, signal });
                return undefined;
            },
            record: (switched) =>
                this.changed(`record ${switched.readOnly ? "read-only " : ""}${String(switched.queues.length)}`, () => {
                    const empty = !switched.readOnly && switched.queues.length === 0;
                    this.pending = empty ? undefined : { ...switched, by: "backup of stack lab" };
                }),
            fence: () => undefined,
            ...more,
        };
        const plan = {
            name,
            stack: "lab",
            kind: "regular",
            outputs,
            anchorage: "0.1.0",
            maker: "anna@build-1",
        } as const;
        const making = new Making({ ...plan, secretKeyFingerprint: "0".repeat(64) }, doors);
        const { signal } = new AbortController();
        const result = await runSteps(making.steps(), { reporter: collectingReporter().reporter, signal });
        await making.failed(result.error);
        return { making, result };
    }

    /** That Harbor is as it was before any backup. */
    requireRestored(when: string): void {
        assert.equal(this.harbor.readOnly, false, when);
        assert.deepEqual(this.harbor.paused, ["REPLICATION"], when);
        assert.equal(this.pending, undefined, when);
    }

    // Before the change, as a request that is lost on its way.
    private async changed<T>(what: string, work: () => T): Promise<T> {
        await Promise.resolve();
        this.change(what);
        return work();
    }
}
