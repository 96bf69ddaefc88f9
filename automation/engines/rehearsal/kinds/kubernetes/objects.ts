import { randomBytes } from "node:crypto";
import { pathText } from "../../diff";
import {
    asText,
    containsSecret,
    isObject,
    isSecret,
    object,
    plain,
    secret,
    text,
    without,
    type Value,
    type Values,
} from "../../values";
import type { KubeObject } from "./client";

const autonamed = "pulumi.com/autonamed";

/** Whether the object is a Secret: its data is never shown. */
export function isSecretObject(inputs: Values): boolean {
    return inputs["kind"] === "Secret" && inputs["apiVersion"] === "v1";
}

/** Gives an object that has no name one of its own (`name-1a2b3c4d`), and hides the data of a Secret. */
export function completed(inputs: Values, resourceName: string, old: Values | undefined): Values {
    const result = { ...inputs };
    if (isSecretObject(inputs)) {
        for (const key of ["data", "stringData"]) {
            const value = result[key];
            if (value !== undefined && !isSecret(value)) result[key] = secret(plain(value));
        }
    }
    const given = result["metadata"] ?? {};
    const metadata = isSecret(given) ? given.value : given;
    if (!isObject(metadata) || text(metadata, "name") !== undefined || isSecret(metadata["name"])) return result;
    const before = object(plainObject(old), "metadata");
    const kept = text(object(before, "annotations"), autonamed) === "true" ? text(before, "name") : undefined;
    const prefix = text(metadata, "generateName") ?? `${resourceName}-`;
    const named = {
        ...without(metadata, "generateName"),
        name: kept ?? `${prefix}${randomBytes(4).toString("hex")}`,
        annotations: { ...object(metadata, "annotations"), [autonamed]: "true" },
    };
    result["metadata"] = isSecret(given) ? secret(named) : named;
    return result;
}

function plainObject(values: Values | undefined): Record<string, Value> {
    const result = plain(values ?? {});
    return isObject(result) ? result : {};
}

/** What is sent to the API server: no empty values, a Secret's texts as data. */
export function bodyOf(news: Values, namespace: string | undefined): KubeObject {
    const { stringData } = news;
    const body = compact(without(news, "stringData", "status")) as KubeObject;
    if (isSecretObject(news) && isObject(stringData)) {
        const encoded = Object.entries(stringData).map(([key, value]) => [
            key,
            Buffer.from(asText(value), "utf8").toString("base64"),
        ]);
        body["data"] = { ...object(body, "data"), ...(Object.fromEntries(encoded) as Record<string, string>) };
    }
    const metadata = object(body, "metadata");
    body["metadata"] = namespace === undefined ? metadata : { ...metadata, namespace };
    return body;
}

/** Without null properties: they mean "not given". */
function compact(value: Value): Value {
    if (Array.isArray(value)) return value.map(compact);
    if (!isObject(value)) return value;
    const kept = Object.entries(value).filter(([key, item]) => item !== null && !key.startsWith("__"));
    return Object.fromEntries(kept.map(([key, item]) => [key, compact(item)]));
}

const volatile = ["managedFields", "resourceVersion", "generation", "creationTimestamp", "uid", "selfLink"];

/** The part of an object that says what it should be: no status, no bookkeeping of the server. */
export function desired(live: KubeObject): KubeObject {
    const metadata = Object.entries(object(live, "metadata")).filter(([key]) => !volatile.includes(key));
    return { ...without(live, "status"), metadata: Object.fromEntries(metadata) };
}

/** The outputs of an object: as it lives, without the record of who owns which field. */
export function outputsOf(live: KubeObject): Values {
    return { ...live, metadata: without(object(live, "metadata"), "managedFields") };
}

/** Hides in a live object what is secret in the inputs, and the data of a Secret. */
export function hidden(live: KubeObject, inputs: Values): Values {
    const result: Values = { ...live };
    if (isSecretObject(live)) {
        for (const [key, value] of Object.entries(object(live, "data"))) {
            result["data"] = { ...object(result, "data"), [key]: secret(value) };
        }
    }
    for (const [key, input] of Object.entries(inputs)) {
        if (result[key] !== undefined && !(isSecretObject(live) && key === "data"))
            result[key] = hide(result[key], input);
    }
    return result;
}

function hide(live: Value, input: Value): Value {
    if (isSecret(input)) return secret(live);
    if (!containsSecret(input)) return live;
    if (Array.isArray(input) && Array.isArray(live)) {
        return live.map((item, index) => (input[index] === undefined ? item : hide(item, input[index])));
    }
    if (isObject(input) && isObject(live)) {
        return Object.fromEntries(
            Object.entries(live).map(([key, item]) => [key, input[key] === undefined ? item : hide(item, input[key])]),
        );
    }
    return secret(live);
}

/** Whether the server's refusal means that a field cannot be changed in place. */
export function isImmutableRefusal(message: string): boolean {
    return /immutable|may not (be )?change|cannot (be )?change|updates to .*forbidden|may not be (modified|updated)|can ?not be (modified|updated|changed)/is.test(
        message,
    );
}

/** Whether the server's message names this property: `spec.selector: Invalid value: ...`. */
export function isNamedIn(message: string, path: string): boolean {
    return message.includes(path) || message.includes(pathText(path.split(".").slice(0, 2)));
}
