/** The modules of a go.mod file, as text. */

/** A module's version by its path, as a go.mod has it. */
export type Versions = ReadonlyMap<string, string>;

/** The modules that a go.mod requires, on a line of its own or inside a block. */
export function requirements(goMod: string): Versions {
    return new Map(
        directives(goMod, "require").flatMap(([module, version]) =>
            module !== undefined && version !== undefined ? [[module, version]] : [],
        ),
    );
}

/** What a go.mod requires, each in the version that is built: that of its replacement, where it has one. */
export function builtVersions(goMod: string): Versions {
    return new Map([...requirements(goMod), ...replacements(goMod)]);
}

/**
 * What `go mod edit` has to be told, so that a go.mod requires these versions. What it replaces stays as it is.
 * @returns `-require=k8s.io/api@v0.37.2`, ...
 */
export function edits(goMod: string, wanted: Versions): string[] {
    const replaced = replacements(goMod);
    return [...requirements(goMod)].flatMap(([module, version]) => {
        const other = wanted.get(module);
        if (other === undefined || other === version || replaced.has(module)) return [];
        return [`-require=${module}@${other}`];
    });
}

/** One line for each module that is built in more than one version, with who has which. */
export function differing(goMods: ReadonlyMap<string, string>): string[] {
    const users = new Map<string, Map<string, string[]>>();
    for (const [tool, goMod] of goMods) {
        for (const [module, version] of builtVersions(goMod)) {
            const versions = users.get(module) ?? new Map<string, string[]>();
            users.set(module, versions.set(version, [...(versions.get(version) ?? []), tool]));
        }
    }
    return [...users]
        .filter(([, versions]) => versions.size > 1)
        .map(([module, versions]) => {
            const list = [...versions].map(([version, tools]) => `${version} (${tools.join(", ")})`);
            return `${module}: ${list.join(", ")}`;
        });
}

/** Of those that are replaced: the version of what takes their place. */
function replacements(goMod: string): Versions {
    return new Map(
        directives(goMod, "replace").flatMap(([module, arrow, , version]) =>
            module !== undefined && arrow === "=>" && version !== undefined ? [[module, version]] : [],
        ),
    );
}

/** The words of each line of this kind, on a line of its own or inside a block. */
function directives(goMod: string, kind: string): string[][] {
    const found: string[][] = [];
    let block: string | undefined;
    for (const line of goMod.split("\n")) {
        const words = line
            .replace(/\/\/.*$/, "")
            .trim()
            .split(/\s+/);
        if (words[0] === ")") block = undefined;
        else if (words[1] === "(") block = words[0];
        else if (block === kind) found.push(words);
        else if (words[0] === kind) found.push(words.slice(1));
    }
    return found.filter((words) => words.length > 1);
}
