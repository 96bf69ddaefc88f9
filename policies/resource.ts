/** A value of a resource's inputs, with secrets as they are. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A resource as the rules see it. What is not known before the update is left out. */
export interface Resource {
    /** Such as kubernetes:apps/v1:Deployment. */
    readonly type: string;
    /** In the program. */
    readonly name: string;
    readonly props: Readonly<Record<string, Json>>;
    /** Names of the resources that its inputs are made of. */
    readonly dependsOn: readonly string[];
}

/** What is written at the end of a path of keys; undefined where there is no such path. */
export function at(value: Json | undefined, ...keys: readonly (string | number)[]): Json | undefined {
    let found = value;
    for (const key of keys) {
        if (!isObject(found) && !isArray(found)) return undefined;
        found = (found as Readonly<Record<string | number, Json>>)[key];
    }
    return found;
}

export function isObject(value: Json | undefined): value is Readonly<Record<string, Json>> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isArray(value: Json | undefined): value is readonly Json[] {
    return Array.isArray(value);
}

export function textAt(value: Json | undefined, ...keys: readonly (string | number)[]): string | undefined {
    const found = at(value, ...keys);
    return typeof found === "string" ? found : undefined;
}

export function listAt(value: Json | undefined, ...keys: readonly (string | number)[]): readonly Json[] {
    const found = at(value, ...keys);
    return isArray(found) ? found : [];
}

/** Each text, number or boolean below a value, with its path. */
export function* leavesOf(value: Json, path: readonly string[] = []): Generator<readonly [readonly string[], Json]> {
    if (isArray(value)) for (const [index, item] of value.entries()) yield* leavesOf(item, [...path, String(index)]);
    else if (isObject(value)) for (const [key, item] of Object.entries(value)) yield* leavesOf(item, [...path, key]);
    else yield [path, value];
}

const releaseType = "kubernetes:helm.sh/v3:Release";

/** The values of a release of Harbor's chart; undefined of every other resource. */
export function harborValues({ type, props }: Resource): Json | undefined {
    if (type !== releaseType) return undefined;
    const chart = textAt(props, "chart")?.split(/[\\/]/).at(-1);
    return chart === "harbor" || /^harbor-\d[^/]*\.tgz$/.test(chart ?? "") ? (props["values"] ?? {}) : undefined;
}

export function isRelease({ type }: Resource): boolean {
    return type === releaseType;
}

/** Where the pods of a workload are described; undefined of what makes no pods. */
export function podSpecOf({ type, props }: Resource): Json | undefined {
    if (type === "kubernetes:core/v1:Pod") return at(props, "spec");
    if (type === "kubernetes:batch/v1:CronJob") return at(props, "spec", "jobTemplate", "spec", "template", "spec");
    if (/^kubernetes:(apps|batch)\/v1:(Deployment|StatefulSet|DaemonSet|ReplicaSet|Job)$/.test(type)) {
        return at(props, "spec", "template", "spec");
    }
    return undefined;
}

export function containersOf(podSpec: Json | undefined): readonly Json[] {
    return [...listAt(podSpec, "initContainers"), ...listAt(podSpec, "containers")];
}
