import {
    PolicyPack,
    UnknownValueError,
    type Policies,
    type PolicyResource,
    type ResourceValidationArgs,
} from "@pulumi/policy";
import type { Json, Resource } from "./resource";
import { rules } from "./rules";

/** The rules as Pulumi's engine asks them; the rehearsal asks the same pack. */
new PolicyPack("anchorage", {
    policies: rules.flatMap(({ name, level, description, resource, stack }): Policies => {
        const common = { description, enforcementLevel: level };
        return [
            ...(resource
                ? [
                      {
                          ...common,
                          name,
                          validateResource: (args: ResourceValidationArgs, report: (message: string) => void) => {
                              for (const sentence of resource(ofArgs(args))) report(sentence);
                          },
                      },
                  ]
                : []),
            ...(stack
                ? [
                      {
                          ...common,
                          // Names are unique in a pack, and a rule may look at both.
                          name: resource ? `${name}-in-stack` : name,
                          validateStack: (
                              { resources }: { readonly resources: PolicyResource[] },
                              report: (message: string) => void,
                          ) => {
                              for (const sentence of stack(resources.map(ofResource))) report(sentence);
                          },
                      },
                  ]
                : []),
        ];
    }),
});

function ofArgs({ type, name, props }: ResourceValidationArgs): Resource {
    return { type, name, props: known(props), dependsOn: [] };
}

function ofResource({ type, name, props, dependencies, propertyDependencies }: PolicyResource): Resource {
    const used = [...dependencies, ...Object.values(propertyDependencies).flat()];
    return { type, name, props: known(props), dependsOn: used.map((resource) => resource.name) };
}

/** Without what is not known before the update: to read that throws. */
function known(props: Readonly<Record<string, unknown>>): Resource["props"] {
    return knownOf(props) as Resource["props"];
}

function knownOf(value: unknown): Json | undefined {
    if (Array.isArray(value)) return value.map((_, index) => read(value, index) ?? null);
    if (typeof value !== "object" || value === null) return value as Json | undefined;
    const entries = Object.keys(value).map((key) => [key, read(value as Record<string, unknown>, key)] as const);
    return Object.fromEntries(entries.filter((entry): entry is [string, Json] => entry[1] !== undefined));
}

function read(
    holder: Readonly<Record<string | number, unknown>> | readonly unknown[],
    key: string | number,
): Json | undefined {
    try {
        return knownOf((holder as Readonly<Record<string | number, unknown>>)[key]);
    } catch (error) {
        if (error instanceof UnknownValueError) return undefined;
        throw error;
    }
}
