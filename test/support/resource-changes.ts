import type { PropertyChange, ResourceChange } from "../../automation/engine";

export const releaseType = "kubernetes:helm.sh/v3:Release";

/** A change as an engine tells of it. */
export function change(
    op: ResourceChange["op"],
    type: string,
    name: string,
    diff: readonly PropertyChange[] = [],
): ResourceChange {
    return { urn: `urn:pulumi:public::anchorage::${type}::${name}`, type, name, op, diff };
}
/** Of Harbor's release. */
export const release = (...diff: readonly PropertyChange[]): ResourceChange =>
    change("update", releaseType, "registry-harbor-release", diff);
export const differs = (at: string, before: unknown, after: unknown): PropertyChange => ({
    path: at,
    kind: "update",
    before,
    after,
});
