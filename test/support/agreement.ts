import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { copyFile, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Engine, EngineResult, StackSelection } from "../../automation/engine";
import { createPulumiEngine } from "../../automation/engines/pulumi";
import { findPulumiCli, type PulumiCli } from "../../automation/engines/pulumi/find-cli";
import { createRehearsalEngine } from "../../automation/engines/rehearsal";
import { ExitCode } from "../../lib/errors";
import { exec } from "../../lib/exec";
import { anchorageHome, projectRoot } from "../../lib/home";

/** What is done with both engines, and what of it is compared. */
export interface Case {
    readonly selection: StackSelection;
    /** Overrides of the second `up`. */
    readonly change: Readonly<Record<string, unknown>>;
    /** Outputs whose values are made anew by each engine. */
    readonly generated?: readonly string[];
    /** What stands in the cluster after an `up`, without what is made anew. */
    readonly look?: () => Promise<unknown>;
}

/** The pulumi CLI of this machine, or why there is none. */
export async function cliOrReason(): Promise<PulumiCli | string> {
    const { cli, rejected } = await findPulumiCli({ exec, env: process.env });
    return cli ?? rejected[0] ?? "no pulumi CLI on this machine";
}

/** A project of its own round a program of test/support/programs, with the stack `lab`. */
export class AgreementProject {
    readonly name = `agreement-${randomBytes(4).toString("hex")}`;
    private constructor(readonly root: string) {}

    static async create(program: string, config: Readonly<Record<string, unknown>>): Promise<AgreementProject> {
        const project = new AgreementProject(await mkdtemp(path.join(tmpdir(), "agreement-")));
        const { root, name } = project;
        const nodeargs = `--require ${path.join(projectRoot, "bin", "typescript.js")}`;
        const runtime = { name: "nodejs", options: { typescript: false, nodeargs } };
        await writeFile(path.join(root, "Pulumi.yaml"), JSON.stringify({ name, runtime }));
        await writeFile(
            path.join(root, "Pulumi.lab.yaml"),
            JSON.stringify({
                config: Object.fromEntries(
                    Object.entries({ cluster: { kind: "lab" }, ...config }).map(([key, value]) => [
                        `${name}:${key}`,
                        value,
                    ]),
                ),
            }),
        );
        await writeFile(path.join(root, "package.json"), JSON.stringify({ name, main: "index.ts" }));
        const source = path.join(projectRoot, "test", "support", "programs", `${program}.ts`);
        await copyFile(source, path.join(root, "index.ts"));
        await symlink(path.join(projectRoot, "node_modules"), path.join(root, "node_modules"));
        return project;
    }

    selection(): StackSelection {
        return { projectRoot: this.root, stack: "lab" };
    }

    async remove(): Promise<void> {
        await rm(this.root, { recursive: true, force: true });
        await rm(path.join(anchorageHome(), "state", this.name), { recursive: true, force: true });
    }
}

type EngineFor = (selection: StackSelection) => Engine;

/** Both adapters; the pulumi engine with a state in `home`, whatever the user is logged in to. */
export function adapters(cli: PulumiCli, home: string): EngineFor[] {
    const env = { ...process.env, PULUMI_BACKEND_URL: `file://${home}`, PULUMI_CONFIG_PASSPHRASE: "agreement" };
    // The adapter hands its own variables on; the CLI reads these two from the process.
    const withState: typeof exec = (file, args, options = {}) =>
        exec(file, args, {
            ...options,
            env: {
                ...options.env,
                PULUMI_BACKEND_URL: env.PULUMI_BACKEND_URL,
                PULUMI_CONFIG_PASSPHRASE: env.PULUMI_CONFIG_PASSPHRASE,
            },
        });
    return [
        (selection) => createPulumiEngine(selection, cli, { exec: withState, env }),
        (selection) => createRehearsalEngine(selection),
    ];
}

/** Up, look, refresh, change, look, destroy. Every part that comes back must be the same for every engine. */
export async function exercise(engineFor: EngineFor, { selection, change, generated = [], look }: Case) {
    const engine = engineFor(selection);
    const changed = engineFor({ ...selection, overrides: { ...selection.overrides, ...change } });
    const looked = async (): Promise<unknown> => shape(await look?.());
    try {
        const planned = await engine.preview();
        const first = await engine.up();
        const record = {
            "first preview": operationsOf(planned),
            "first up": operationsOf(first),
            resources: await resourcesOf(engine),
            outputs: await outputsOf(engine, generated),
            objects: await looked(),
            "second preview": differencesOf(await engine.preview()),
            "second up": operationsOf(await engine.up()),
            refresh: operationsOf(await engine.refresh()),
            "preview of a change": differencesOf(await changed.preview()),
            "up of a change": operationsOf(await changed.up()),
            "outputs after a change": await outputsOf(engine, generated),
            "objects after a change": await looked(),
        };
        assert.deepEqual(record["second preview"], [], `the second preview of ${engine.name} is empty`);
        const kept = (await engine.resources()).some(({ protect }) => protect);
        if (kept) await assert.rejects(engine.destroy(), { exitCode: ExitCode.refused });
        await engine.unprotect();
        return { ...record, destroy: operationsOf(await engine.destroy()), left: await engine.resources() };
    } catch (error) {
        await engine.unprotect();
        await engine.destroy();
        throw error;
    }
}

/** The resources on record, parents first, without what the providers made. */
async function resourcesOf(engine: Engine): Promise<unknown[]> {
    const resources = await engine.resources();
    const known = new Set<string>();
    for (const { urn, parent } of resources) {
        assert.ok(parent === undefined || known.has(parent), `${urn} comes before its parent`);
        known.add(urn);
    }
    return sorted(resources.map(({ id, ...rest }) => ({ ...rest, hasId: id !== undefined })));
}

function operationsOf({ changes }: EngineResult): unknown[] {
    return sorted(changes.map(({ urn, op }) => ({ urn, op })));
}

/** What would change, and how. Of a new resource, that it is new: providers fill in defaults that the rehearsal leaves out. */
function differencesOf({ changes }: EngineResult): unknown[] {
    const differing = changes.filter(({ op }) => op !== "same");
    return sorted(
        differing.map(({ urn, op, diff }) => ({
            urn,
            op,
            diff: op === "create" ? [] : shape([...diff].sort((a, b) => compare(a.path, b.path))),
        })),
    );
}

/** Names, secretness and values of the outputs; of those that are made anew, only what they are. */
async function outputsOf(engine: Engine, generated: readonly string[]): Promise<unknown> {
    return Object.fromEntries(
        Object.entries(await engine.outputs()).map(([name, { value, secret }]) => [
            name,
            { secret, value: generated.includes(name) ? kindOf(value) : shape(value) },
        ]),
    );
}

function sorted<T extends { readonly urn: string }>(items: readonly T[]): T[] {
    return [...items].sort((a, b) => compare(a.urn, b.urn));
}

function compare(a: string, b: string): number {
    return a < b ? -1 : a > b ? 1 : 0;
}

/** `PEM CERTIFICATE` or the type. */
function kindOf(value: unknown): string {
    const pem = typeof value === "string" ? /^-----BEGIN ([A-Z ]+)-----/.exec(value) : null;
    return pem ? `PEM ${pem[1] ?? ""}` : typeof value;
}

/** A value with the random ends of names (`registry-map-1a2b3c4d`) and ids (`told1a2b3c4d`), and digests of secrets made alike. */
function shape(value: unknown): unknown {
    if (typeof value === "string" && /^[0-9a-f]{64}$/.test(value)) return "sha256";
    if (typeof value === "string") return value.replace(/-?[0-9a-f]{8}$/, "-xxxxxxxx");
    if (Array.isArray(value)) return value.map(shape);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [shape(key), shape(inner)]));
}
