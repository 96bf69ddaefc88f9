import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { messageOf, UserError } from "../../lib/errors";
import { type Exec, ExecFailure } from "../../lib/exec";
import { readFileIfPresent, writeFileAtomic } from "../../lib/files";
import { cacheHome } from "../../lib/home";
import { inCache } from "../tools/failures";
import { requirements } from "../tools/modules";
import { definitionSources, type DefinitionSet, type DefinitionSource } from "./catalogue";
import { definitionsIn, type Definition } from "./definition";

/** Raised when {@link definitionsIn} makes something else of the same text. */
const cacheFormat = 1;

export interface DefinitionOptions {
    readonly exec: Exec;
    /** @default `custom-resources` in {@link cacheHome} */
    readonly cacheFolder?: string;
    /**
     * Folder with files *.yaml of definitions. They take the place of those of the same name of which only ours, or an
     * older version's, can be had.
     */
    readonly instead?: string;
    readonly onProgress?: (detail: string) => void;
    readonly signal?: AbortSignal;
}

/**
 * The CustomResourceDefinitions of these sets, in the order of their names. Each set is downloaded once, as a Go module
 * whose digest go.sum has, and then comes from the cache.
 * @throws UserError with what to install or to set
 */
export async function customResourceDefinitions(
    sets: readonly DefinitionSet[],
    options: DefinitionOptions,
): Promise<readonly Definition[]> {
    const instead = options.instead === undefined ? [] : await definitionsInFolder(options.instead);
    const replacements = new Map(instead.map((definition) => [definition.metadata.name, definition]));
    const found = new Map<string, Definition>();
    for (const set of new Set(sets)) {
        options.signal?.throwIfAborted();
        const source = definitionSources[set];
        const isExact = "module" in source && source.adjust === undefined;
        for (const definition of await definitionsOf(source, options)) {
            const { name } = definition.metadata;
            found.set(name, (isExact ? undefined : replacements.get(name)) ?? definition);
        }
    }
    return [...found.values()].sort((one, other) => (one.metadata.name < other.metadata.name ? -1 : 1));
}

async function definitionsOf(
    source: (typeof definitionSources)[DefinitionSet],
    options: DefinitionOptions,
): Promise<readonly Definition[]> {
    if (!("module" in source)) return source;
    const definitions = await ofModule(source, options);
    return source.adjust === undefined ? definitions : definitions.map(source.adjust);
}

async function ofModule(source: DefinitionSource, options: DefinitionOptions): Promise<readonly Definition[]> {
    const [mod, sum] = await Promise.all(
        ["go.mod", "go.sum"].map((name) => readFile(path.join(__dirname, name), "utf8")),
    );
    const version = requirements(mod ?? "").get(source.module);
    if (version === undefined) throw new Error(`go.mod of lab/custom-resources does not require ${source.module}`);
    const pins = (sum ?? "").split("\n").filter((line) => line.startsWith(`${source.module} ${version}`));
    const digest = createHash("sha256")
        .update(JSON.stringify([cacheFormat, pins, source.paths]))
        .digest("hex");
    const cacheFolder = path.resolve(options.cacheFolder ?? path.join(cacheHome(), "custom-resources"));
    const name = `${source.module.replaceAll("/", "_")}-${version}-${digest.slice(0, 12)}.json`;
    const file = path.join(cacheFolder, name);
    return inCache(cacheFolder, async () => {
        const cached = parseCached(await readFileIfPresent(file));
        if (cached !== undefined) return cached;
        const definitions = await download(source, version, cacheFolder, options);
        await writeFileAtomic(file, JSON.stringify(definitions));
        return definitions;
    });
}

function parseCached(text: string | undefined): readonly Definition[] | undefined {
    try {
        return text === undefined ? undefined : (JSON.parse(text) as Definition[]);
    } catch (error) {
        if (error instanceof SyntaxError) return undefined; // written by us in one piece, so: damaged since
        throw error;
    }
}

async function download(
    source: DefinitionSource,
    version: string,
    cacheFolder: string,
    { exec, onProgress, signal }: DefinitionOptions,
): Promise<readonly Definition[]> {
    onProgress?.(`definitions of ${source.module} ${version}`);
    let answer: { readonly Dir: string };
    try {
        // Go compares it with go.sum, wherever it comes from.
        const { stdout } = await exec("go", ["mod", "download", "-json", `${source.module}@${version}`], {
            cwd: __dirname,
            env: { GOWORK: "off", GO111MODULE: "on", GOFLAGS: "-mod=mod" },
            signal,
        });
        answer = JSON.parse(stdout) as { readonly Dir: string };
    } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof ExecFailure)) throw error;
        throw unavailable(source, version, cacheFolder, error);
    }
    return definitionsOfFiles(source.paths.map((file) => path.join(answer.Dir, file)));
}

async function definitionsOfFiles(files: readonly string[]): Promise<Definition[]> {
    const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));
    return texts.flatMap(definitionsIn);
}

async function definitionsInFolder(folder: string): Promise<Definition[]> {
    const names = (await readdir(folder)).filter((name) => name.endsWith(".yaml"));
    return definitionsOfFiles(names.sort().map((name) => path.join(folder, name)));
}

function unavailable(source: DefinitionSource, version: string, cacheFolder: string, failure: ExecFailure): UserError {
    const what = `the custom resource definitions of ${source.module} ${version}`;
    const copy = `or copy ${cacheFolder} from a machine that has them`;
    if (failure.code === "ENOENT") {
        return new UserError(`${what} cannot be downloaded: there is no Go on this machine`, {
            next: ["install Go 1.21 or newer (https://go.dev/dl/) and have it on PATH", copy],
            cause: failure,
        });
    }
    return new UserError(`${what} cannot be downloaded`, {
        details: reasons(failure).map((line) => `go: ${line}`),
        next: ["give Go a module proxy that answers: GOPROXY=https://proxy.example", copy],
        cause: failure,
    });
}

/** With -json, Go tells what is wrong on its standard output. */
function reasons({ stdout, stderr }: ExecFailure): string[] {
    let told = stderr;
    try {
        told = (JSON.parse(stdout) as { readonly Error?: string }).Error ?? stderr;
    } catch (error) {
        if (!(error instanceof SyntaxError)) throw new Error(messageOf(error), { cause: error });
    }
    return told
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line !== "")
        .slice(0, 5);
}
