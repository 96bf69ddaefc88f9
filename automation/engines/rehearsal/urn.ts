/** URNs as Pulumi's engine makes them: `urn:pulumi:<stack>::<project>::<parent's types$>type::<name>`. */

const stackType = "pulumi:pulumi:Stack";

export function makeUrn(stack: string, project: string, parent: string, type: string, name: string): string {
    // The root stack's type is not part of its children's qualified types.
    const parentType = parent === "" ? "" : qualifiedType(parent);
    const qualified = parentType === "" || parentType === stackType ? type : `${parentType}$${type}`;
    return `urn:pulumi:${stack}::${project}::${qualified}::${name}`;
}

function qualifiedType(urn: string): string {
    return urn.split("::")[2] ?? "";
}

/** The name in a URN; a name may hold "::" itself. */
export function urnName(urn: string): string {
    return urn.split("::").slice(3).join("::");
}

/** The URN in a provider reference `<urn>::<id>`. */
export function providerUrn(reference: string): string | undefined {
    return reference === "" ? undefined : reference.slice(0, reference.lastIndexOf("::"));
}
