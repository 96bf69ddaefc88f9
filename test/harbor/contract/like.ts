import assert from "node:assert/strict";

/** An expectation on JSON: what is named must be there and alike; what is not named may be there. */
export type Expected =
    | string
    | number
    | boolean
    | null
    | RegExp
    | typeof absent
    | typeof some
    | readonly Expected[]
    | { readonly [key: string]: Expected };

/** Expects that a key is left out. */
export const absent = Symbol("absent");

/** Expects that there is a value, whatever it is. */
export const some = Symbol("some");

/** Asserts that a value has at least what is expected: texts may be matched, lists have the same length. */
export function like(actual: unknown, expected: Expected, what = "value"): void {
    const shown = (JSON.stringify(actual) as string | undefined)?.slice(0, 500) ?? "nothing";
    if (expected === absent) {
        assert.equal(actual, undefined, `${what} should be left out, and is ${shown}`);
        return;
    }
    if (expected === some) {
        assert.ok(actual !== undefined && actual !== null, `${what} is missing`);
        return;
    }
    if (expected instanceof RegExp) {
        assert.ok(typeof actual === "string" && expected.test(actual), `${what}: ${shown} does not match ${expected}`);
        return;
    }
    if (typeof expected !== "object" || expected === null) {
        assert.equal(actual, expected, `${what} is ${shown}, expected ${JSON.stringify(expected)}`);
        return;
    }
    assert.ok(typeof actual === "object" && actual !== null, `${what} is ${shown}`);
    if (isList(expected)) {
        assert.ok(Array.isArray(actual), `${what} is no list: ${shown}`);
        assert.equal(actual.length, expected.length, `${what} has ${actual.length} elements: ${shown}`);
        for (const [index, element] of expected.entries()) like(actual[index], element, `${what}[${index}]`);
        return;
    }
    for (const [key, value] of Object.entries(expected)) {
        like((actual as Record<string, unknown>)[key], value, `${what}.${key}`);
    }
}

function isList(value: object): value is readonly Expected[] {
    return Array.isArray(value);
}
