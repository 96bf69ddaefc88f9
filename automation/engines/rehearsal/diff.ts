import type { PropertyChange } from "../../engine";
import { equal, isObject, isSecret, plain, shown, unknownValue, type Value, type Values } from "./values";

/** Where a value stands: keys and indexes; "*" is every one of them. */
export type Path = readonly (string | number)[];

/** `spec.containers[0].image`, `metadata.annotations["pulumi.com/skipAwait"]`. */
export function pathText(path: Path): string {
    let result = "";
    for (const step of path) {
        if (typeof step === "number") result += `[${String(step)}]`;
        else if (!/^[A-Za-z_$][\w$-]*$/.test(step)) result += `["${step}"]`;
        else result += result === "" ? step : `.${step}`;
    }
    return result;
}

/** Reads a property path as Pulumi's resource options write it: `data.key`, `a["b.c"]`, `a[0].b`, `a[*]`. */
export function parsePath(source: string): Path {
    const path: (string | number)[] = [];
    const pattern = /\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|\[(\*)\]|\.?([^.[\]]+)/gy;
    let consumed = 0;
    for (const match of source.matchAll(pattern)) {
        consumed += match[0].length;
        const [, index, quoted, star, name] = match;
        if (index !== undefined) path.push(Number(index));
        else path.push(quoted?.replace(/\\(.)/g, "$1") ?? star ?? name ?? "");
    }
    if (consumed !== source.length) throw new Error(`"${source}" is no property path`);
    return path;
}

/** Whether `path` is `pattern` or lies below it. */
export function covers(pattern: Path, path: Path): boolean {
    return pattern.length <= path.length && pattern.every((step, index) => step === "*" || step === path[index]);
}

/** The differences from `before` to `after`, leaf by leaf. Values of secrets are never in them. */
export function diffValues(before: Values, after: Values): PropertyChange[] {
    const changes: PropertyChange[] = [];
    compare([], before, after, changes);
    return changes;
}

function compare(path: Path, before: Value | undefined, after: Value | undefined, changes: PropertyChange[]): void {
    const hidden = isSecret(before) || isSecret(after);
    if (before === undefined && after === undefined) return;
    if (before === undefined) {
        changes.push({ path: pathText(path), kind: "add", after: shown(after) });
    } else if (after === undefined) {
        changes.push({ path: pathText(path), kind: "delete", before: shown(before) });
    } else if (hidden) {
        const known = !isSecret(after) || after.value !== unknownValue;
        if (known && equal(plain(before), plain(after))) return;
        changes.push({ path: pathText(path), kind: "update", before: "[secret]", after: "[secret]" });
    } else if (isObject(before) && isObject(after)) {
        for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
            compare([...path, key], before[key], after[key], changes);
        }
    } else if (Array.isArray(before) && Array.isArray(after)) {
        for (let index = 0; index < Math.max(before.length, after.length); index++) {
            compare([...path, index], before[index], after[index], changes);
        }
    } else if (after === unknownValue || !equal(before, after)) {
        changes.push({ path: pathText(path), kind: "update", before: shown(before), after: shown(after) });
    }
}

/** The new inputs with the old values wherever a path of `ignoreChanges` says so. */
export function keepIgnored(before: Values, after: Values, ignored: readonly string[]): Values {
    let result: Value = after;
    for (const path of ignored) result = keepOld(before, result, parsePath(path)) ?? {};
    return isObject(result) ? result : after;
}

function keepOld(before: Value | undefined, after: Value | undefined, path: Path): Value | undefined {
    const [step, ...rest] = path;
    if (step === undefined) return before;
    // A secret as a whole is one value: what is ignored inside of it keeps all of it.
    if (isSecret(before) || isSecret(after)) return before;
    if (Array.isArray(after)) {
        const old = Array.isArray(before) ? before : [];
        return after.map((item, index) =>
            step === "*" || step === index ? (keepOld(old[index], item, rest) ?? item) : item,
        );
    }
    if (after !== undefined && !isObject(after)) return after;
    const old = isObject(before) ? before : {};
    const result: Record<string, Value> = { ...after };
    for (const key of step === "*" ? new Set([...Object.keys(old), ...Object.keys(result)]) : [String(step)]) {
        const kept = keepOld(old[key], result[key], rest);
        if (kept === undefined) Reflect.deleteProperty(result, key);
        else result[key] = kept;
    }
    return after === undefined && Object.keys(result).length === 0 ? undefined : result;
}
