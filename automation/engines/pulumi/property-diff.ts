import type { PropertyChange } from "../../engine";

/**
 * From the differences that the Pulumi engine reports in its events (paths and kinds, with the resource's old
 * and new properties beside them) to the port's list of changed properties. Pure.
 */

/** What a secret stands as wherever it would be shown. */
export const secretText = "[secret]";
/** What stands for a value that is known only after the update. */
export const unknownText = "[unknown]";

/** Key and value that mark a serialised secret; pulumi/pulumi sdk/go/common/resource/sig.go. */
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
/** A value that is not known yet; pulumi/pulumi sdk/go/common/resource/plugin/rpc.go. */
const unknownValues: ReadonlySet<unknown> = new Set([
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", // bool
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421", // number
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9", // string
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", // array
    "030794c1-ac77-496b-92df-f27374a8bd58", // asset
    "e48ece36-62e2-4504-bad9-02848725956a", // archive
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", // object
]);

/** The part of a step's metadata (`StepEventMetadata` of the Automation API) that a diff is made from. */
export interface DiffSource {
    readonly old?: PropertyState;
    readonly new?: PropertyState;
    readonly keys?: readonly string[] | null;
    readonly diffs?: readonly string[] | null;
    readonly detailedDiff?: Readonly<Record<string, { readonly diffKind: string; readonly inputDiff: boolean }>> | null;
}

interface PropertyState {
    readonly inputs?: unknown;
    readonly outputs?: unknown;
}

/** Every property that differs, sorted by path. Without details from the provider: the top-level keys. */
export function propertyChanges(step: DiffSource): PropertyChange[] {
    const replacing = new Set(step.keys ?? []);
    const detailed = Object.entries(step.detailedDiff ?? {});
    const entries: [path: string, kind: string, inputs: boolean][] =
        detailed.length > 0
            ? detailed.map(([path, { diffKind, inputDiff }]) => [path, diffKind, inputDiff])
            : (step.diffs ?? []).map((key) => [key, replacing.has(key) ? "update-replace" : "update", true]);
    return entries
        .map(([path, kind, inputs]) => propertyChange(step, path, kind, inputs))
        .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/**
 * The inputs of a resource that is to be made. Keys with two underscores are the SDK's: a dynamic provider's code.
 * Empty texts are defaults that a provider filled in.
 */
export function givenProperties(step: DiffSource): PropertyChange[] {
    const inputs = (step.new?.inputs ?? {}) as Readonly<Record<string, unknown>>;
    return Object.entries(inputs)
        .filter(([key, value]) => !key.startsWith("__") && value !== "" && value !== null)
        .map(([path, value]) => ({ path, kind: "add", after: shownValue(value) }));
}

function propertyChange(step: DiffSource, path: string, diffKind: string, inputs: boolean): PropertyChange {
    const [kind, replaces] = diffKind.endsWith("-replace")
        ? [diffKind.slice(0, -"-replace".length), true]
        : [diffKind, false];
    const keys = parsePath(path);
    let before = inputs ? valueAt(step.old?.inputs, keys) : valueAt(step.old?.outputs, keys);
    // Providers that compare state with inputs name paths that only the other side has.
    if (before === undefined) before = valueAt(inputs ? step.old?.outputs : step.old?.inputs, keys);
    let after = valueAt(step.new?.inputs, keys);
    if (after === undefined) after = valueAt(step.new?.outputs, keys);
    if (before === secretText || after === secretText) {
        // One side alone being secret must not show the other: both are the same property.
        before = before === undefined ? undefined : secretText;
        after = after === undefined ? undefined : secretText;
    }
    const common = { path, ...(replaces ? { replaces } : {}) };
    if (kind === "add") return { ...common, kind, after };
    if (kind === "delete") return { ...common, kind, before };
    return { ...common, kind: "update", before, after };
}

/** A value as it may be shown: secrets and unknown values replaced, however deep they lie. */
export function shownValue(value: unknown): unknown {
    if (unknownValues.has(value)) return unknownText;
    if (Array.isArray(value)) return value.map(shownValue);
    if (typeof value !== "object" || value === null) return value;
    if (isSecret(value)) return secretText;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shownValue(inner)]));
}

/** Whether a value as the engine serialises it is a secret, or holds one at any depth. */
export function holdsSecret(value: unknown): boolean {
    if (Array.isArray(value)) return value.some(holdsSecret);
    if (typeof value !== "object" || value === null) return false;
    return isSecret(value) || Object.values(value).some(holdsSecret);
}

function isSecret(value: object): boolean {
    return (value as Record<string, unknown>)[signatureKey] === secretSignature;
}

/** What stands at a path; {@link secretText} as soon as the path leads through a secret. */
function valueAt(root: unknown, keys: readonly (string | number)[]): unknown {
    let value: unknown = root;
    for (const key of keys) {
        if (typeof value !== "object" || value === null) return undefined;
        if (isSecret(value)) return secretText;
        value = (value as Record<string | number, unknown>)[key];
    }
    return shownValue(value);
}

/**
 * A property path of Pulumi as its keys: `spec.ports[0]["a.b/c"]` is spec, ports, 0, a.b/c. Inside quotes a
 * backslash escapes the next character.
 */
export function parsePath(path: string): (string | number)[] {
    const keys: (string | number)[] = [];
    const token = /\[(\d+|\*)\]|\["((?:[^"\\]|\\.)*)"\]|([^.[]+)/g;
    for (const [, index, quoted, plain] of path.matchAll(token)) {
        if (index !== undefined) keys.push(index === "*" ? index : Number(index));
        else if (quoted !== undefined) keys.push(quoted.replace(/\\(.)/g, "$1"));
        else if (plain !== undefined) keys.push(plain);
    }
    return keys;
}
