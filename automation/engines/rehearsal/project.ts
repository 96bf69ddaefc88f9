import path from "node:path";
import { parse } from "yaml";
import type { StackSelection } from "../../engine";
import { ExitCode, messageOf, UserError } from "../../../lib/errors";
import { readFileIfPresent } from "../../../lib/files";

export interface StackConfig {
    readonly project: string;
    /** `namespace:key` to its text; JSON for objects and arrays. */
    readonly values: Readonly<Record<string, string>>;
    /** Keys whose values are secret (`secure:`). Their values cannot be read here. */
    readonly encrypted: readonly string[];
    /** Absolute path of the program. */
    readonly program: string;
}

/**
 * Reads Pulumi.yaml and Pulumi.<stack>.yaml as the CLI does: a key without a namespace belongs to the
 * project; defaults of the project's `config` hold where the stack says nothing.
 * @throws UserError (exit code 2) when a file is missing or wrong
 */
export async function readStackConfig(selection: StackSelection, program?: string): Promise<StackConfig> {
    const root = selection.projectRoot;
    const project = await readYaml(path.join(root, "Pulumi.yaml"), true);
    const name = project["name"];
    if (typeof name !== "string" || name === "") {
        throw new UserError("Pulumi.yaml has no name", { exitCode: ExitCode.usage });
    }
    const stack = await readYaml(selection.settingsFile ?? path.join(root, `Pulumi.${selection.stack}.yaml`), false);
    const values: Record<string, string> = {};
    const encrypted: string[] = [];
    const put = (key: string, value: unknown): void => {
        const full = key.includes(":") ? key : `${name}:${key}`;
        if (isMap(value) && Object.keys(value).length === 1 && "secure" in value) encrypted.push(full);
        else if (value !== undefined && value !== null) {
            values[full] = typeof value === "object" ? JSON.stringify(value) : scalarText(value);
            const at = encrypted.indexOf(full);
            if (at >= 0) encrypted.splice(at, 1); // overridden by a value in clear
        }
    };
    for (const [key, declared] of Object.entries(isMap(project["config"]) ? project["config"] : {})) {
        if (!isMap(declared)) put(key, declared);
        else if ("value" in declared) put(key, declared["value"]);
        else if ("default" in declared) put(key, declared["default"]);
    }
    for (const [key, value] of Object.entries(isMap(stack["config"]) ? stack["config"] : {})) put(key, value);
    for (const [key, value] of Object.entries(selection.overrides ?? {})) put(key, value);
    return { project: name, values, encrypted, program: program ?? (await programOf(root, project["main"])) };
}

/** @throws UserError (exit code 2) naming every setting that only the real engine can decrypt */
export function requireReadable(config: StackConfig, stack: string): void {
    if (config.encrypted.length === 0) return;
    throw new UserError("the rehearsal engine cannot decrypt settings: only Pulumi's own CLI can", {
        details: config.encrypted.map((key) => `${key} in Pulumi.${stack}.yaml is encrypted (secure:)`),
        next: ["use --engine pulumi, or give the setting in clear for this stack"],
        exitCode: ExitCode.usage,
    });
}

async function programOf(root: string, main: unknown): Promise<string> {
    if (typeof main === "string") return path.resolve(root, main);
    const manifest = JSON.parse((await readFileIfPresent(path.join(root, "package.json"))) ?? "{}") as {
        main?: string;
    };
    return path.resolve(root, manifest.main ?? "index.ts");
}

async function readYaml(file: string, required: boolean): Promise<Record<string, unknown>> {
    const content = await readFileIfPresent(file);
    if (content === undefined) {
        if (!required) return {};
        throw new UserError(`${file} does not exist`, {
            exitCode: ExitCode.usage,
            next: ["run this in the project's folder"],
        });
    }
    try {
        const parsed: unknown = parse(content);
        if (parsed === null || parsed === undefined) return {};
        if (isMap(parsed)) return parsed;
        throw new Error("a map is expected");
    } catch (error) {
        throw new UserError(`${file} cannot be read: ${messageOf(error)}`, { exitCode: ExitCode.usage, cause: error });
    }
}

function isMap(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

function scalarText(value: unknown): string {
    return typeof value === "string" ? value : JSON.stringify(value);
}
