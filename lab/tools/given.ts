import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import path from "node:path";
import { codeOf, UserError } from "../../lib/errors";
import type { ToolEntry, ToolName } from "./catalogue";
import { givenVariable } from "./failures";

/** A binary that the user names by ANCHORAGE_TOOL_<BINARY>. */
export interface GivenBinary {
    readonly name: string;
    readonly tool: ToolName;
    readonly version: "unknown";
    readonly file: string;
    readonly source: "given";
}

/** The given binaries of these tools by name. @throws UserError that lists every one that cannot be run */
export async function givenBinaries(
    entries: readonly ToolEntry[],
    env: NodeJS.ProcessEnv,
): Promise<ReadonlyMap<string, GivenBinary>> {
    const given = new Map<string, GivenBinary>();
    const mistakes: string[] = [];
    for (const entry of entries) {
        for (const { name } of entry.binaries) {
            const value = env[givenVariable(name)];
            if (value === undefined || value === "") continue;
            const file = path.resolve(value);
            const mistake = await whyNotExecutable(file);
            if (mistake !== undefined) mistakes.push(`${givenVariable(name)}=${value}: ${mistake}`);
            given.set(name, { name, tool: entry.name, version: "unknown", file, source: "given" });
        }
    }
    if (mistakes.length > 0) {
        throw new UserError("a given lab binary cannot be run", {
            details: mistakes,
            next: ["set the variable to an executable file, or unset it: the binary is then made"],
        });
    }
    return given;
}

async function whyNotExecutable(file: string): Promise<string | undefined> {
    try {
        if (!(await stat(file)).isFile()) return "not a file";
        await access(file, constants.X_OK);
        return undefined;
    } catch (error) {
        const code = codeOf(error);
        if (code === "ENOENT" || code === "ENOTDIR") return "there is no such file";
        if (code === "EACCES") return "not executable";
        throw error;
    }
}
