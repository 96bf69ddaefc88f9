import { z } from "zod";
import { Content } from "./content";
import type { Core } from "./core";
import { isImmutable, matches } from "./immutability";
import type { Row } from "./store/collection";
import type { Artifact, Policy, RetentionTask } from "./store/records";
import { announce } from "./webhooks";

const selector = z.object({ decoration: z.string(), pattern: z.string(), extras: z.string().default("") });
const rule = z.object({
    disabled: z.boolean().default(false),
    template: z.string(),
    params: z.record(z.string(), z.unknown()).nullish(),
    tag_selectors: z.array(selector).nullish(),
    scope_selectors: z.object({ repository: z.array(selector).default([]) }).nullish(),
});
const policyContent = z.object({ rules: z.array(rule).default([]) });
export type RetentionRule = z.infer<typeof rule>;

/** An image of a repository as a rule sees it: its tags, and when one of them was last pushed and pulled, in ms. */
export interface Candidate {
    readonly tags: readonly string[];
    readonly pushed: number;
    /** 0: never. */
    readonly pulled: number;
}

type Keep = <T extends Candidate>(candidates: readonly T[], given: number) => readonly T[];

const newest =
    (time: (candidate: Candidate) => number): Keep =>
    (candidates, count) =>
        [...candidates].sort((a, b) => time(b) - time(a)).slice(0, count);
const within =
    (time: (candidate: Candidate) => number): Keep =>
    (candidates, days) =>
        candidates.filter((candidate) => time(candidate) >= Date.now() - days * 86_400_000);

/** What each template keeps, and its number where the rule gives none. Source: src/pkg/retention/policy/rule. */
const templates: Readonly<Record<string, { readonly keep: Keep; readonly usual: number }>> = {
    always: { keep: (candidates) => candidates, usual: 0 },
    latestPushedK: { keep: newest(({ pushed }) => pushed), usual: 10 },
    latestPulledN: { keep: newest(({ pulled }) => pulled), usual: 10 },
    latestActiveK: { keep: newest(({ pushed, pulled }) => Math.max(pushed, pulled)), usual: 10 },
    nDaysSinceLastPush: { keep: within(({ pushed }) => pushed), usual: 30 },
    nDaysSinceLastPull: { keep: within(({ pulled }) => pulled), usual: 30 },
};

/** Those of one repository that at least one of its rules keeps. @throws Error for a template that is none */
export function kept<T extends Candidate>(rules: readonly RetentionRule[], candidates: readonly T[]): ReadonlySet<T> {
    return new Set(
        rules.flatMap(({ params, tag_selectors, template }) => {
            const known = templates[template];
            if (known === undefined) throw new Error(`rule ${template} is not registered`);
            const seen = candidates.filter(({ tags }) => (tag_selectors ?? []).every((one) => selects(one, tags)));
            const given = Number(params?.[template]);
            return known.keep(seen, Number.isInteger(given) && given >= 0 ? given : known.usual);
        }),
    );
}

/** One tag that fits is enough; an image without any is meant where the selector's extras say so. */
function selects({ decoration, extras, pattern }: z.infer<typeof selector>, tags: readonly string[]): boolean {
    const isMatch = decoration !== "excludes";
    if (tags.length > 0) return tags.some((tag) => matches(pattern, tag) === isMatch);
    const said = /"untagged"\s*:\s*(true|false)/.exec(extras)?.[1];
    const untagged = said === undefined ? isMatch : said === "true";
    return isMatch ? untagged : !untagged;
}

/**
 * Deletes what no rule of the policy keeps, with a task for each repository that a rule is about; the others stay as
 * they are. Source: src/pkg/retention/launcher.go, job.go.
 */
export async function applyRetention(
    core: Core,
    { content, project_id }: Policy,
    isDryRun: boolean,
): Promise<readonly RetentionTask[]> {
    const { rules } = policyContent.parse(content);
    const tasks: RetentionTask[] = [];
    for (const repository of await core.tables.repositories.all({ project_id })) {
        const name = repository.name.slice(repository.name.indexOf("/") + 1);
        const own = rules.filter(({ disabled, scope_selectors }) => {
            const scopes = scope_selectors?.repository ?? [];
            const isMeant = scopes.every(
                ({ decoration, pattern }) => matches(pattern, name) === (decoration !== "repoExcludes"),
            );
            return !disabled && isMeant;
        });
        if (own.length > 0) tasks.push(await applyTo(core, { id: repository.id, name }, own, isDryRun));
    }
    return tasks;
}

async function applyTo(
    core: Core,
    { id, name }: { readonly id: number; readonly name: string },
    rules: readonly RetentionRule[],
    isDryRun: boolean,
): Promise<RetentionTask> {
    const started = new Date().toISOString();
    const content = new Content(core.tables);
    const candidates = await Promise.all((await content.listed(id)).map((artifact) => candidateOf(core, artifact)));
    const keeps = kept(rules, candidates);
    const lines: string[] = [];
    let retained = 0;
    for (const candidate of candidates) {
        const { artifact, tags } = candidate;
        const isHeld = !keeps.has(candidate) && (await isHeldByRule(core, artifact, tags));
        const isGone = !keeps.has(candidate) && !isHeld;
        if (!isGone) retained += 1;
        lines.push(`${artifact.digest} ${tags.join(",")} ${isGone ? "DEL" : isHeld ? "IMMUTABLE" : "RETAIN"}`);
        if (!isGone || isDryRun) continue;
        await content.delete(artifact);
        await announce(core, { type: "DELETE_ARTIFACT", artifact, tag: "", operator: "harbor-jobservice" });
    }
    const log = `Run retention process.\n${lines.join("\n")}\n`;
    const total = candidates.length;
    return { repository: name, total, retained, started, ended: new Date().toISOString(), log };
}

async function isHeldByRule({ tables }: Core, artifact: Artifact, tags: readonly string[]): Promise<boolean> {
    for (const tag of tags)
        if (await isImmutable(tables, artifact.project_id, artifact.repository_name, tag)) return true;
    return false;
}

async function candidateOf(
    { tables }: Core,
    artifact: Row<Artifact>,
): Promise<Candidate & { readonly artifact: Row<Artifact> }> {
    const tags = await tables.tags.all({ artifact_id: artifact.id });
    const last = (times: readonly string[]): number =>
        Math.max(0, ...times.filter((time) => time !== "").map((time) => Date.parse(time)));
    return {
        artifact,
        tags: tags.map(({ name }) => name),
        pushed: last([artifact.push_time, ...tags.map(({ push_time }) => push_time)]),
        pulled: last([artifact.pull_time, ...tags.map(({ pull_time }) => pull_time)]),
    };
}
