/**
 * A path with each value encoded: path`/projects/${name}/members/${id}`. A value that would make another path of it
 * is a defect of ours and thrown: with an empty name, "delete this project" would become another request.
 */
export function path(parts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
    return parts.reduce((result, part, index) => result + segment(values[index - 1] ?? "") + part);
}

function segment(value: string | number): string {
    const text = String(value);
    if (text === "" || text === "." || text === "..") throw new Error(`${JSON.stringify(text)} is no name in a path`);
    return encodeURIComponent(text);
}

/** The name of a repository as Harbor takes it in a path: encoded twice, since its router decodes it once. */
export function repositorySegment(name: string): string {
    return encodeURIComponent(name);
}

/** A project by its name, or by its number. */
export type ProjectRef = string | number;

/** Says that the project in the path is a name, also where it looks like a number. */
export function projectHeader(project: ProjectRef): Readonly<Record<string, string>> {
    return typeof project === "string" ? { "x-is-resource-name": "true" } : {};
}

/** The number at the end of a Location such as `/api/v2.0/projects/2`, which is a path alone. */
export function idOfLocation(location: string | undefined): number | undefined {
    const id = /\/(\d+)\/?(?:[?#].*)?$/.exec(location ?? "")?.[1];
    return id === undefined ? undefined : Number(id);
}
