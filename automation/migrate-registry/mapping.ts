import { ExitCode, UserError } from "../../lib/errors";

export interface Mapping {
    /** Harbor's project by the first part of a repository's name. @default that part itself */
    readonly projects: ReadonlyMap<string, string>;
    /** Of repositories whose name has one part. */
    readonly project: string;
}

/** Where a repository goes in Harbor, whose first part is a project. */
export function targetOf(repository: string, { projects, project }: Mapping): { project: string; repository: string } {
    const slash = repository.indexOf("/");
    const first = slash === -1 ? undefined : repository.slice(0, slash);
    const into = first === undefined ? project : (projects.get(first) ?? first);
    return { project: into, repository: `${into}/${repository.slice(slash + 1)}` };
}

/** `old=new` pairs. @throws UserError for what is none */
export function parseProjectMap(pairs: readonly string[]): Map<string, string> {
    return new Map(
        pairs.map((pair) => {
            const [, from, to] = /^([^=/]+)=([^=/]+)$/.exec(pair) ?? [];
            if (from !== undefined && to !== undefined) {
                requireProject(to);
                return [from, to];
            }
            throw new UserError(`--project-map ${JSON.stringify(pair)} is not of the form OLD=NEW`, {
                next: ["give the first part of the repositories' names and a project, such as apps=team-a"],
                exitCode: ExitCode.usage,
            });
        }),
    );
}

/** As Harbor has it (goharbor/harbor, src/server/v2.0/handler/project.go). */
export function requireProject(name: string): void {
    if (/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(name) && name.length <= 255) return;
    throw new UserError(`${JSON.stringify(name)} cannot be a project of Harbor`, {
        details: ["lower-case letters and digits, with single . _ - between them"],
        exitCode: ExitCode.usage,
    });
}
