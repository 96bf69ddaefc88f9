import assert from "node:assert/strict";
import { checkBackup, purgesOf, skewOfServer, type CheckDoors } from "../../../automation/backup/checks";
import { parseGoDuration, readPurges } from "../../../automation/backup/purges";
import type { StackOutputs } from "../../../config/contract";
import { ExitCode, UserError } from "../../../lib/errors";
import { Loopback } from "../../harbor/client/loopback";
import { FakeHarborJobs } from "../../support/fake-harbor-jobs";
import { sampleBackup, sampleOutputs } from "../../support/fakes";
import { MemoryStore } from "../../support/memory-store";

const { signal } = new AbortController();
const secret = { secretName: "s", secretKey: "k" };
const outputs: StackOutputs = {
    ...sampleOutputs,
    storage: { kind: "s3", ...sampleBackup.bucket, accessKey: secret, secretKey: secret },
    backup: sampleBackup,
};

describe("what is looked at before a backup", () => {
    let fake: FakeHarborJobs;
    let backups: MemoryStore;
    const look = (more: Partial<CheckDoors> = {}): Promise<readonly string[]> =>
        checkBackup({
            outputs,
            harbor: fake.client,
            velero: {
                requireLocation: () => Promise.resolve({ phase: "Available", accessMode: "ReadWrite" }),
                running: () => Promise.resolve([]),
                server: () => Promise.resolve("v1.18.0"),
            },
            backups,
            ...{ snapshot: false, ownBackups: [], clusterSkewMs: 0, signal },
            storeSkewMs: () => Promise.resolve(0),
            purges: () => Promise.resolve({}),
            room: () => Promise.resolve([]),
            ...more,
        });
    const refused = (promise: Promise<unknown>, pattern: RegExp): Promise<void> =>
        assert.rejects(promise, (error: unknown) => {
            assert.ok(error instanceof UserError);
            assert.equal(error.exitCode, ExitCode.refused);
            assert.match(error.render(), pattern);
            return true;
        });

    beforeEach(async () => {
        fake = await FakeHarborJobs.start();
        backups = new MemoryStore();
    });
    afterEach(() => fake.stop());

    it("lets a backup begin, and leaves nothing in the bucket or in Harbor", async () => {
        assert.deepEqual(await look(), []);
        assert.deepEqual([...backups.objects], []);
        assert.deepEqual(fake.order, []);
    });

    it("tells all that is wrong at once", async () => {
        fake.unhealthy = true;
        fake.readOnly = true;
        fake.clockAhead = 400;
        backups.beforeChange = () => {
            throw new UserError("the bucket takes nothing: AccessDenied");
        };
        const velero = {
            requireLocation: () => Promise.reject(new UserError("Velero cannot use the bucket")),
            running: () => Promise.resolve(["backup/other", "backup/ours"]),
            server: () => Promise.resolve(""),
        };
        const room = (): Promise<never> => Promise.reject(new UserError("the backup bucket has no room"));
        const all = look({ velero, ownBackups: ["ours"], clusterSkewMs: -301_000, snapshot: true, room });
        for (const one of [
            /nothing was touched/,
            /Harbor is not healthy: jobservice/,
            /read-only already/,
            /Harbor's core is 400 s ahead/,
            /the cluster's API server is 301 s behind/,
            /AccessDenied/,
            /Velero cannot use the bucket/,
            /Velero is at work: backup\/other\n/,
            /--kind snapshot needs CSI snapshots/,
            /the backup bucket has no room/,
        ]) {
            await refused(all, one);
        }
    });

    it("refuses where the images would not be in the set", async () => {
        const at = (storage: StackOutputs["storage"]): Partial<CheckDoors> => ({
            outputs: { ...outputs, ...(storage === undefined ? {} : { storage }) },
        });
        await refused(look(at({ kind: "volume" })), /on a volume, and backup\.volumes is none/);
        await refused(look(at({ kind: "swift" })), /in Swift, which a backup does not copy/);
        assert.ok(outputs.backup);
        const files = {
            ...outputs,
            storage: { kind: "nfs" },
            backup: { ...outputs.backup, volumes: "files" },
        } as const;
        assert.match((await look({ outputs: files })).join(), /does not say when/);
        // Uploads vanish from the volume while it is copied.
        const now = Date.now();
        const purges = (next: number): Partial<CheckDoors> => ({
            outputs: files,
            purges: () => Promise.resolve({ next: now + next }),
        });
        await refused(look(purges(60_000)), /throws away old uploads at .*run it after/s);
        assert.match((await look(purges(3_600_000))).join(), /the next time is/);
        assert.match((await look({ purges: () => Promise.resolve({ next: now + 1, last: 0 }) })).join(), /1970/);
    });

    it("hears a dead Velero, whose location still looks well", async () => {
        const velero = {
            requireLocation: () => Promise.resolve({ phase: "Available", accessMode: "ReadWrite" } as const),
            running: () => Promise.resolve([]),
            server: () => Promise.reject(new UserError("Velero's server does not answer")),
        };
        await refused(look({ velero }), /does not answer/);
    });

    it("knows a server's clock by its Date, and bears one that does not answer", async () => {
        const server = await Loopback.start((_request, response) => {
            response.writeHead(403, { date: new Date(Date.now() + 600_000).toUTCString() }).end();
        });
        const skew = await skewOfServer(server.url, signal);
        assert.ok(skew !== undefined && Math.abs(skew - 600_000) < 5_000);
        await server.stop();
        assert.equal(await skewOfServer(server.url, signal), undefined);
    });
});

describe("purges of uploads by the registry's log", () => {
    // As kubectl logs --prefix --timestamps prints what distribution writes.
    const line = (pod: string, time: string, text: string): string =>
        `[pod/${pod}/registry] ${time} time="${time}" level=info msg="${text}" go.version=go1.24 service=registry`;
    const lines = [
        line("a", "2026-11-23T09:02:08.320514706Z", "Starting upload purge in 7m0s"),
        line(
            "a",
            "2026-11-23T09:09:08.321004645Z",
            "PurgeUploads starting: olderThan=2026-11-16 09:09:08, actuallyDelete=true",
        ),
        line("a", "2026-11-23T09:09:08.331433127Z", "Purge uploads finished.  Num deleted=0, num errors=0"),
        line("a", "2026-11-23T09:09:08.4Z", "Starting upload purge in 24h0m0s"),
        line("b", "2026-11-23T10:00:00Z", "Starting upload purge in 42m0s"),
        "a line of something else",
    ];

    it("are read for each pod: the last that began, the next of any", () => {
        const { last, next } = readPurges(lines);
        assert.equal(new Date(last ?? 0).toISOString(), "2026-11-23T09:09:08.321Z");
        assert.equal(new Date(next ?? 0).toISOString(), "2026-11-23T10:42:00.000Z");
        assert.deepEqual(readPurges(["nothing"]), {});
    });

    it("are found in a log that comes in pieces, and are none where there is no log", async () => {
        const door = { kubectl: "kubectl", signal };
        const text = `${lines.join("\n")}\n`;
        const found = await purgesOf(outputs, {
            ...door,
            exec: (_file, args, options) => {
                assert.ok(args.includes("component=registry,release=harbor"));
                for (let at = 0; at < text.length; at += 7) options?.stdout?.write(Buffer.from(text.slice(at, at + 7)));
                return Promise.resolve({ stdout: "", stderr: "" });
            },
        });
        assert.deepEqual(found, readPurges(lines));
    });

    it("have durations as Go prints them", () => {
        const cases: readonly (readonly [string, number | undefined])[] = [
            ["24h0m0s", 86_400_000],
            ["7m0s", 420_000],
            ["0s", 0],
            ["1.5s", 1_500],
            ["soon", undefined],
            ["1d", undefined],
        ];
        for (const [text, expected] of cases) assert.equal(parseGoDuration(text), expected, text);
    });
});
