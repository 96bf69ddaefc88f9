import assert from "node:assert/strict";
import type { ChartValues } from "../../components/chart-values";
import { customObjects } from "./custom-objects";
import type { MockResource } from "./mocks";

export interface Metadata {
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>>;
}

export function named(resources: readonly MockResource[], kind: string, name: string): ChartValues {
    const found = resources.find(
        ({ type, inputs }) => type.endsWith(`:${kind}`) && (inputs["metadata"] as Metadata | undefined)?.name === name,
    );
    assert.ok(found, `${kind} ${name} is missing among ${resources.map((one) => one.type + one.name).join(", ")}`);
    return found.inputs;
}

export const specOf = (resources: readonly MockResource[], kind: string, name: string): ChartValues =>
    named(resources, kind, name)["spec"] as ChartValues;

export const kindsOf = (resources: readonly MockResource[]): string[] =>
    customObjects(resources).map(({ inputs }) => String(inputs["kind"]));
