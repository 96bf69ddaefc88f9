import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ResourceChange } from "../../../automation/engine";
import { upgradeRun, type UpgradeRunOptions } from "../../../automation/upgrade/run";
import type { StackOutputs } from "../../../config/contract";
import { ExitCode, UserError } from "../../../lib/errors";
import { ExecFailure, type Exec } from "../../../lib/exec";
import {
    asOutputs,
    collectingReporter,
    fakeContext,
    fakeEngine,
    sampleBackup,
    sampleOutputs,
    sampleResult,
} from "../../support/fakes";

type Raw = Readonly<Record<string, unknown>>;

const secret = { secretName: "s", secretKey: "k" };
const mebibyte = 2 ** 20;

/** What a test changes of a stack on which an upgrade would begin. */
interface Circumstances {
    readonly installed?: string;
    readonly settings?: Raw;
    readonly options?: Partial<UpgradeRunOptions>;
    readonly outputs?: Partial<StackOutputs>;
    /** Changes of a preview with the Harbor that is installed. */
    readonly open?: readonly ResourceChange[];
    /** The engine cannot have the chart of that Harbor. */
    readonly unreachable?: string;
    /** Of the BackupStorageLocation. */
    readonly location?: string;
    /** Of the internal database, in bytes. */
    readonly database?: number;
}

const internal: Raw = {
    cluster: { kind: "kubeconfig", context: "production" },
    storage: { kind: "s3", bucket: "registry", region: "eu-1", existingSecret: "s3" },
    database: { kind: "internal" },
    cache: { kind: "internal" },
    backup: { kind: "velero", location: { kind: "s3", bucket: "velero", region: "eu-1", existingSecret: "s3" } },
};

/** Nothing of these changes Harbor: they are asked, and gone when the command is. */
const harmless = /^(get|exec|wait|version|apply -f -|create -f -|delete (pods?|serverstatusrequests\.velero\.io)) /;

describe("upgrade run: what must not be done is refused before anything is changed", () => {
    let projectRoot: string;

    before(async () => {
        projectRoot = await mkdtemp(path.join(tmpdir(), "anchorage-upgrade-refusals-"));
        await writeFile(path.join(projectRoot, "Pulumi.yaml"), "name: anchorage\nruntime: nodejs\n");
    });
    after(() => rm(projectRoot, { recursive: true }));

    /** @returns the refusal; a command that goes on asks for consent, and is told no */
    async function refusal(given: Circumstances): Promise<UserError> {
        const { installed = "2.14.4", settings = internal, location = "Available", database = mebibyte } = given;
        const config = Object.fromEntries(Object.entries(settings).map(([key, value]) => [`anchorage:${key}`, value]));
        const file = path.join(projectRoot, "Pulumi.prod.yaml");
        await writeFile(file, JSON.stringify({ config: { ...config, "anchorage:harbor": { version: installed } } }));
        const before = await readFile(file, "utf8");
        const outputs: StackOutputs = {
            ...sampleOutputs,
            cluster: { kind: "kubeconfig", name: "production", context: "production" },
            release: { name: "harbor", harborVersion: installed, chartVersion: "0.0.0" },
            database: {
                ...{ kind: "internal", host: "harbor-database", port: 5432, database: "registry", user: "postgres" },
                ...{ sslmode: "disable", password: secret },
            },
            backup: { ...sampleBackup, bucket: { ...sampleBackup.bucket, endpoint: "http://127.0.0.1:9" } },
            ...given.outputs,
        };
        const commands: string[] = [];
        const exec: Exec = (_file, args) => {
            const [, rest = ""] = /^--context production (?:-n \S+ )?(.*)$/s.exec(args.join(" ")) ?? [];
            commands.push(rest);
            const answer = answers.find(([pattern]) => pattern.test(rest));
            if (answer === undefined)
                return Promise.reject(new ExecFailure(`unexpected: ${rest}`, "kubectl", 1, "", rest, undefined, {}));
            // Velero has looked at its location again each time.
            const stdout = answer[1].replace("@time", String(commands.length));
            return Promise.resolve({ stdout, stderr: "" } as Awaited<ReturnType<Exec>>);
        };
        const look = { message: "no", lastValidationTime: "@time" };
        const answers: readonly (readonly [RegExp, string])[] = [
            [/^version /, JSON.stringify({ serverVersion: { gitVersion: "v1.34.1" } })],
            [/^get secret /, JSON.stringify({ data: { k: Buffer.from(keys).toString("base64") } })],
            [/^get configmap anchorage-upgrade /, ""],
            [/^get --request-timeout=20s leases\.coordination\.k8s\.io anchorage-release /, ""],
            [/^get backupstoragelocations/, JSON.stringify({ ...named, status: { ...look, phase: location } })],
            [/^create -f - /, "request"],
            [/^get serverstatusrequests/, JSON.stringify({ status: { phase: "Processed", serverVersion: "v1.18" } })],
            [/^get persistentvolumeclaims /, JSON.stringify({ status: { capacity: { storage: "1Gi" } } })],
            [/^exec .*pg_database_size/s, String(database)],
            [/^(exec|apply -f -|wait|delete) ?/, ""],
        ];
        const { reporter, text } = collectingReporter();
        const engines: string[] = [];
        const context = fakeContext({
            ...{ reporter, projectRoot, exec, kubectl: () => Promise.resolve("kubectl"), interactive: true },
            confirm: () => Promise.resolve(false),
            selectEngine: (_options, overrides) => {
                const { version } = (overrides?.["harbor"] ?? {}) as { readonly version?: string };
                const { engine } = fakeEngine({
                    outputs: () => Promise.resolve(asOutputs(outputs)),
                    preview: () => {
                        engines.push(version ?? "");
                        if (version === given.unreachable)
                            throw new UserError("the chart is not reached", { details: ["no such host"] });
                        return Promise.resolve(sampleResult(version === installed ? (given.open ?? []) : [changed]));
                    },
                });
                return Promise.resolve({ engine, why: "" });
            },
        });
        try {
            await upgradeRun({ stack: "prod", engine: "auto", yes: false, ...given.options }, context);
        } catch (error) {
            assert.ok(error instanceof UserError, String(error instanceof Error ? error.stack : error));
            assert.deepEqual(
                commands.filter((command) => !harmless.test(`${command} `)),
                [],
                text(),
            );
            assert.equal(await readFile(file, "utf8"), before);
            return error;
        }
        throw new Error(`it was not refused:\n${text()}`);
    }

    const named = { metadata: { name: "default" }, spec: { accessMode: "ReadWrite" } };
    const keys = "[default]\naws_access_key_id = a\naws_secret_access_key = b\n";
    const changed: ResourceChange = {
        ...{ urn: "urn:x", type: "kubernetes:helm.sh/v3:Release", name: "registry-harbor-release", op: "update" },
        diff: [],
    };
    const accepted = { acceptEngineChange: true };

    it("goes on to ask where nothing speaks against it: all else of these tests is fit for an upgrade", async () => {
        const error = await refusal({ options: accepted });
        assert.equal(error.message, "not confirmed: nothing was changed");
    });

    const refused: readonly (readonly [what: string, given: Circumstances, RegExp, code?: ExitCode])[] = [
        [
            "a version that nobody knows",
            { options: { to: "9.9.9" } },
            /^--to: Harbor 9\.9\.9 is not in/,
            ExitCode.usage,
        ],
        [
            "an installed version that nobody knows",
            { installed: "2.15.2", outputs: unknownRelease() },
            /2\.15\.99/,
            ExitCode.usage,
        ],
        ["a downgrade", { installed: "2.15.2", options: { to: "2.14.4" } }, /2\.14\.4 is older than 2\.15\.2/],
        ["a rewrite of the internal database that nobody agreed to", {}, /--accept-engine-change/],
        ["a stack without backups", { outputs: { backup: undefined as never }, options: accepted }, /has no backup/],
        [
            "a location that Velero cannot write to",
            { location: "Unavailable", options: accepted },
            /Velero cannot use the bucket/,
        ],
        [
            "a chart that is not reached",
            { unreachable: "2.15.2", options: accepted },
            /Harbor 2\.15\.2 cannot be installed .*: no such host/,
        ],
        [
            "settings that say more than the version",
            { open: [changed], options: accepted },
            /registry-harbor-release would be changed/,
        ],
        [
            "a volume without room for the rewrite",
            { database: 600 * mebibyte, options: accepted },
            /600\.0 MiB anew .* 1024\.0 MiB/,
        ],
    ];
    for (const [what, given, pattern, code = ExitCode.refused] of refused) {
        it(`refuses ${what}`, async () => {
            const error = await refusal(given);
            assert.match(error.render(), pattern);
            assert.equal(error.exitCode, code);
            assert.ok(error.next.length > 0, error.render());
        });
    }

    it("names every reason at once", async () => {
        const error = await refusal({
            ...{ location: "Unavailable", database: 600 * mebibyte, unreachable: "2.15.2", open: [changed] },
            options: accepted,
        });
        assert.equal(error.details.length, 4, error.render());
        assert.equal(error.message, "the upgrade of stack prod was not begun: nothing was touched");
    });
});

function unknownRelease(): Partial<StackOutputs> {
    return { release: { name: "harbor", harborVersion: "2.15.99", chartVersion: "1.19.99" } };
}
