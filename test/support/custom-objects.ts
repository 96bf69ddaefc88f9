import assert from "node:assert/strict";
import { customResourceDefinitions } from "../../lab/custom-resources/resolver";
import type { DefinitionSet } from "../../lab/custom-resources/catalogue";
import type { Definition } from "../../lab/custom-resources/definition";
import { UserError } from "../../lib/errors";
import { exec } from "../../lib/exec";
import { violations } from "./custom-resource";
import type { MockResource } from "./mocks";

/** The definitions of these sets; undefined where they are neither in the cache nor to be downloaded. */
export async function definitionsOf(sets: readonly DefinitionSet[]): Promise<readonly Definition[] | undefined> {
    try {
        return await customResourceDefinitions(sets, { exec });
    } catch (error) {
        if (error instanceof UserError) return undefined;
        throw error;
    }
}

/** The groups that an API server has without anybody's definition. */
const builtIn = /^(v1|[a-z]+\/v\d|[a-z.]+\.k8s\.io\/v\d)$/;

/** Those of the resources that are objects of custom kinds. */
export function customObjects(resources: readonly MockResource[]): readonly MockResource[] {
    return resources.filter(({ inputs: { apiVersion, kind } }) => {
        if (typeof apiVersion !== "string" || typeof kind !== "string") return false;
        return apiVersion.startsWith("gateway.networking.k8s.io/") || !builtIn.test(apiVersion);
    });
}

/** Every custom object is of a kind that is defined, and has the form of its definition. @returns their kinds */
export function assertDefined(resources: readonly MockResource[], definitions: readonly Definition[]): string[] {
    return customObjects(resources).map(({ name, inputs }) => {
        const definition = definitions.find(
            ({ spec }) =>
                spec.names.kind === inputs["kind"] && String(inputs["apiVersion"]).startsWith(`${spec.group}/`),
        );
        assert.ok(definition, `${name}: nobody defines ${String(inputs["apiVersion"])} ${String(inputs["kind"])}`);
        assert.deepEqual(violations(inputs, definition as unknown as Record<string, unknown>), [], name);
        return definition.spec.names.kind;
    });
}
