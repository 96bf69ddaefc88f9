/**
 * Property values as the SDK sends them: JSON, in which a secret, an unknown, an asset or a reference to a
 * resource is marked by a signature (@pulumi/pulumi runtime/rpc.ts). "Plain" means without these marks.
 */

export type Value = null | boolean | number | string | Value[] | { [key: string]: Value };
export type Values = Record<string, Value>;

/** The key of a mark, and what may stand under it; the same literals as in the SDK. */
export const signatureKey = "4dabf18193072939515e22adb298388d";
export const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
export const assetSignature = "c44067f5952c0a294b673a41bacd8c17";
export const archiveSignature = "0def7320c3a5731c473e5ecbe6d01bc7";
const resourceSignature = "5cf8f73096256a8f31e491e813e4eb8e";

/** Stands for a value that is known only after the update. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export interface Secret {
    [signatureKey]: typeof secretSignature;
    value: Value;
    [key: string]: Value;
}

export function isObject(value: Value | undefined): value is Record<string, Value> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isSecret(value: Value | undefined): value is Secret {
    return isObject(value) && value[signatureKey] === secretSignature;
}

export function secret(value: Value): Secret {
    return { [signatureKey]: secretSignature, value };
}

/** Whether any value in the tree fulfils the test. */
export function some(value: Value | undefined, test: (value: Value) => boolean): boolean {
    if (value === undefined) return false;
    if (test(value)) return true;
    if (Array.isArray(value)) return value.some((item) => some(item, test));
    return isObject(value) && Object.values(value).some((item) => some(item, test));
}

export const containsUnknown = (value: Value | undefined): boolean => some(value, (item) => item === unknownValue);
export const containsSecret = (value: Value | undefined): boolean => some(value, isSecret);

/** Without marks: secrets as their values, references as the id (or the URN) of what they refer to. Assets stay. */
export function plain(value: Value): Value {
    if (Array.isArray(value)) return value.map(plain);
    if (!isObject(value)) return value;
    if (isSecret(value)) return plain(value.value);
    if (value[signatureKey] === resourceSignature) return value["id"] ?? value["urn"] ?? null;
    return plainValues(value);
}

export function plainValues(values: Values): Values {
    return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, plain(value)]));
}

/** The keys whose values hold a secret somewhere: the SDK marks a property as a whole. */
export function secretKeys(values: Values): string[] {
    return Object.keys(values).filter((key) => containsSecret(values[key]));
}

/** Puts the mark of a secret on these keys. */
export function markSecrets(values: Values, keys: readonly string[]): Values {
    const marked = { ...values };
    for (const key of keys) {
        const value = marked[key];
        if (value !== undefined && !isSecret(value)) marked[key] = secret(plain(value));
    }
    return marked;
}

/** Fit to be shown: secrets as "[secret]", unknowns as "[unknown]". */
export function shown(value: Value | undefined): unknown {
    if (value === undefined) return undefined;
    if (value === unknownValue) return "[unknown]";
    if (isSecret(value)) return "[secret]";
    if (Array.isArray(value)) return value.map(shown);
    if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shown(item)]));
    return value;
}

/** Equal as JSON, whatever the order of keys. */
export function equal(one: Value | undefined, other: Value | undefined): boolean {
    if (one === other) return true;
    if (Array.isArray(one) && Array.isArray(other)) {
        return one.length === other.length && one.every((item, index) => equal(item, other[index]));
    }
    if (!isObject(one) || !isObject(other)) return false;
    const keys = Object.keys(one);
    return keys.length === Object.keys(other).length && keys.every((key) => equal(one[key], other[key]));
}

/** A text property, or undefined where it is absent, empty or something else. */
export function text(values: Record<string, Value> | undefined, key: string): string | undefined {
    const value = values?.[key];
    return typeof value === "string" && value !== "" ? value : undefined;
}

/** An object property, or an empty one. */
export function object(values: Record<string, Value> | undefined, key: string): Record<string, Value> {
    const value = values?.[key];
    return isObject(value) ? value : {};
}

/** An array property, or an empty one. */
export function list(values: Record<string, Value> | undefined, key: string): Value[] {
    const value = values?.[key];
    return Array.isArray(value) ? value : [];
}

/** A copy without these keys. */
export function without<T extends object, K extends string>(values: T, ...keys: readonly K[]): Omit<T, K> {
    return Object.fromEntries(Object.entries(values).filter(([key]) => !keys.includes(key as K))) as Omit<T, K>;
}

/** A value as a text: texts as they are, all else as JSON. */
export function asText(value: Value): string {
    return typeof value === "string" ? value : JSON.stringify(value);
}
