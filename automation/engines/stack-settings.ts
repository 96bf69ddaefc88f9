import { readFile } from "node:fs/promises";
import path from "node:path";
import { codeOf, ExitCode, messageOf, UserError } from "../../lib/errors";
import type { StackSelection } from "../engine";
import { readStackConfig } from "./rehearsal/project";

/**
 * Pulumi.<stack>.yaml with the overrides of a {@link StackSelection} put over it. Nothing writes the file:
 * it is the user's.
 */
export interface StackSettings {
    /** The whole of Pulumi.yaml, as its text. */
    readonly projectText: string;
    /** Everything that the stack's file holds: `config`, `encryptionsalt`, `secretsprovider`, `environment`, ... */
    readonly document: Readonly<Record<string, unknown>>;
}

/** @throws UserError (exit code 2) when a file is missing or no YAML */
export async function readStackSettings(selection: StackSelection): Promise<StackSettings> {
    const { projectRoot, stack, overrides = {} } = selection;
    const projectText = await readText(path.join(projectRoot, "Pulumi.yaml"));
    const project = (await parseMapping(projectText, "Pulumi.yaml"))["name"];
    if (typeof project !== "string") {
        throw new UserError("Pulumi.yaml has no name", { exitCode: ExitCode.usage });
    }
    const file = `Pulumi.${stack}.yaml`;
    const document = await parseMapping(await readText(selection.settingsFile ?? path.join(projectRoot, file)), file);
    const own = isMapping(document["config"]) ? document["config"] : {};
    // A key without a namespace is the project's.
    const named = (key: string): string => (key.includes(":") ? key : `${project}:${key}`);
    const config = Object.fromEntries(
        [...Object.entries(own), ...Object.entries(overrides)].map(([key, value]) => [named(key), value]),
    );
    const kept = selection.rehearsedIn === undefined ? document : {}; // its encryption is the real stack's
    return { projectText, document: { ...kept, config } };
}

/** The kind of cluster that a stack is for: `lab`, `kind`, `kubeconfig`; undefined where its settings name none. */
export async function clusterKind(selection: StackSelection): Promise<string | undefined> {
    const { project, values } = await readStackConfig(selection);
    const text = values[`${project}:cluster`];
    if (text === undefined) return undefined;
    try {
        const cluster: unknown = JSON.parse(text);
        const kind = isMapping(cluster) ? cluster["kind"] : undefined;
        return typeof kind === "string" ? kind : undefined;
    } catch {
        return undefined; // a plain text: the program's own check of its settings says what is wrong with it
    }
}

async function readText(file: string): Promise<string> {
    try {
        return await readFile(file, "utf8");
    } catch (error) {
        if (codeOf(error) !== "ENOENT") throw error;
        throw new UserError(`${file} does not exist`, {
            next: ["choose another stack with --stack, or write the file"],
            exitCode: ExitCode.usage,
            cause: error,
        });
    }
}

async function parseMapping(text: string, file: string): Promise<Record<string, unknown>> {
    const { parse } = await import("yaml");
    let value: unknown;
    try {
        value = parse(text);
    } catch (error) {
        throw new UserError(`${file} is no YAML: ${messageOf(error)}`, { exitCode: ExitCode.usage, cause: error });
    }
    if (value === null || value === undefined) return {};
    if (isMapping(value)) return value;
    throw new UserError(`${file} holds no mapping of keys to values`, { exitCode: ExitCode.usage });
}

function isMapping(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
