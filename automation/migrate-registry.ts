import { readFile } from "node:fs/promises";
import path from "node:path";
import { openHarbor, type HarborClient } from "../harbor/client/client";
import { ContentClient } from "../harbor/registry/content-client";
import { ExitCode, messageOf, UserError } from "../lib/errors";
import { anchorageHome } from "../lib/home";
import { labRegistry } from "./cluster-access";
import type { Context, StackOptions } from "./context";
import { registryCredentials } from "./migrate-registry/credentials";
import { parseProjectMap, requireProject, type Mapping } from "./migrate-registry/mapping";
import { migrationSteps, type Migration } from "./migrate-registry/steps";
import { reportLines } from "./migrate-registry/summary";
import { writeReport } from "./report";
import { requireStack } from "./stack-files";
import { requireStackOutputs } from "./stack-outputs";
import { runSteps } from "./steps";
import { isOpen } from "./verify/forward-step";
import { readTarget, type Target } from "./verify/target";

export interface MigrateRegistryOptions extends StackOptions {
    /** The registry that is copied: `https://registry.example.com`. */
    readonly fromRegistry: string;
    /** File with `user:password`, or Docker's config.json. @default the environment */
    readonly registryCredentials?: string;
    /** PEM file of the CA that signed its certificate. @default the well-known ones */
    readonly registryCa?: string;
    /** Names of repositories. @default its catalogue */
    readonly repositories?: readonly string[];
    /** File with a name a line. */
    readonly repositoriesFile?: string;
    /** `OLD=NEW`: the project of repositories that begin with OLD/. @default OLD itself */
    readonly projectMap?: readonly string[];
    /** Of repositories without a slash. */
    readonly project: string;
    /** Only say what would be copied. @default false */
    readonly dryRun?: boolean;
    /** Repositories at once. @default 4 */
    readonly concurrency?: number;
    /** Folder of the reports. @default reports in `.anchorage`, or of `ANCHORAGE_HOME` */
    readonly reports?: string;
}

/** Copies a plain registry into the stack's Harbor: every tag with its digest. Run again, it goes on where it was. */
export async function migrateRegistry(options: MigrateRegistryOptions, context: Context): Promise<void> {
    const { reporter, signal } = context;
    await requireStack(context.projectRoot, options.stack);
    const mapping = mappingOf(options);
    const credentialsFile = await readOptional(options.registryCredentials);
    const credentials = registryCredentials(context.env, credentialsFile, options.fromRegistry);
    const names = await repositoriesOf(options);
    const ca = await readOptional(options.registryCa);
    const { engine } = await context.selectEngine(options);
    const outputs = await requireStackOutputs(engine);
    const door = { exec: context.exec, kubectl: await context.kubectl(outputs.cluster), signal };
    const lab = await labRegistry(outputs);
    if (lab === undefined && outputs.exposure.kind === "clusterIP") await requireForward(outputs.exposure.localPort);
    const target = await readTarget(outputs, door, lab === undefined ? undefined : { url: lab });
    const source = {
        url: options.fromRegistry,
        signal,
        ...(credentials === undefined ? {} : { credentials }),
        ...(ca === undefined ? {} : { ca }),
    };
    const { concurrency = 4, dryRun = false } = options;
    const open = (harbor: HarborClient, to: ContentClient): Migration => ({
        source: new ContentClient(source),
        target: to,
        harbor,
        mapping,
        names,
        concurrency,
        dryRun,
    });
    await withTarget(target, signal, async (harbor, to) => {
        const migration = open(harbor, to);
        const beganAt = Date.now();
        const { steps, outcome } = migrationSteps(migration, signal);
        const result = await runSteps(steps, { reporter, signal });
        await migration.source.close();
        const facts = reportLines(outcome, dryRun);
        for (const [name, value] of Object.entries(facts)) reporter.line(`${name}: ${value}`);
        const files = await writeReport(
            {
                verb: dryRun ? "migrate-plan" : "migrate",
                stack: options.stack,
                subject: `${migration.source.origin} to ${target.url}`,
                beganAt,
                endedAt: Date.now(),
                result,
                facts,
            },
            options.reports ?? path.join(anchorageHome(), "reports"),
        );
        reporter.line(`report ${files.html}`);
        reporter.event({ kind: "result", verb: "migrate", stack: options.stack, dryRun, ...outcome, report: files });
        // oxlint-disable-next-line typescript/only-throw-error -- unknown, as every thing that is caught
        if (result.error !== undefined) throw result.error;
    });
}

async function withTarget(
    { url, user, password, ca }: Target,
    signal: AbortSignal,
    work: (harbor: HarborClient, to: ContentClient) => Promise<void>,
): Promise<void> {
    const at = { url, ...(ca === undefined ? {} : { ca }) };
    const { client, close } = openHarbor({ ...at, user, password });
    const to = new ContentClient({ ...at, credentials: { user, password }, signal });
    try {
        await work(client, to);
    } finally {
        await Promise.all([close(), to.close()]);
    }
}

function mappingOf({ projectMap = [], project }: MigrateRegistryOptions): Mapping {
    requireProject(project);
    return { projects: parseProjectMap(projectMap), project };
}

async function repositoriesOf(options: MigrateRegistryOptions): Promise<readonly string[] | undefined> {
    const { repositories, repositoriesFile } = options;
    const listed = (await readOptional(repositoriesFile))?.split("\n").map((line) => line.trim());
    const names = [...(repositories ?? []), ...(listed ?? [])].filter((name) => name !== "" && !name.startsWith("#"));
    const wrong = names.filter((name) => !/^[a-z0-9]+(?:(?:[._]|__|-+|\/)[a-z0-9]+)*$/.test(name));
    if (wrong.length > 0) {
        throw new UserError(`${wrong.map((name) => JSON.stringify(name)).join(", ")} cannot be a repository`, {
            next: ["give names as in `docker pull`, without host and tag: team/app"],
            exitCode: ExitCode.usage,
        });
    }
    return repositories === undefined && listed === undefined ? undefined : [...new Set(names)];
}

async function readOptional(file: string | undefined): Promise<string | undefined> {
    if (file === undefined) return undefined;
    try {
        return await readFile(file, "utf8");
    } catch (error) {
        throw new UserError(`cannot read ${file}`, { details: [messageOf(error)], exitCode: ExitCode.usage });
    }
}

async function requireForward(port: number): Promise<void> {
    if (await isOpen(port)) return;
    throw new UserError(`nothing answers on port ${String(port)} of this machine, by which the registry is reached`, {
        next: ["npx anchorage open --forward in another terminal, then run the command again"],
        exitCode: ExitCode.refused,
    });
}
