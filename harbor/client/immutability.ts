import type { Api, ListCall } from "./api";
import type { CallOptions } from "./deadline";
import type { Listing } from "./listing";
import { path, type ProjectRef } from "./paths";
import { tagRuleShape, type TagRule } from "./tag-rules";

export type ImmutabilityRule = TagRule & { readonly id: number };

/** Rules that keep tags from being changed or deleted: 15 a project at most. */
export class ImmutabilityRules {
    constructor(private readonly api: Api) {}

    /** GET /projects/{project_name_or_id}/immutabletagrules */
    list(project: ProjectRef, options?: ListCall): Listing<ImmutabilityRule> {
        const at = path`/projects/${project}/immutabletagrules`;
        return this.api.list<ImmutabilityRule>(at, tagRuleShape, options, { project });
    }

    /** POST /projects/{project_name_or_id}/immutabletagrules. @returns its number */
    create(project: ProjectRef, rule: TagRule, options?: CallOptions): Promise<number> {
        return this.api.create(path`/projects/${project}/immutabletagrules`, rule, options, { project });
    }

    /** PUT /projects/{project_name_or_id}/immutabletagrules/{immutable_rule_id}: replaces it. */
    update(project: ProjectRef, rule: ImmutabilityRule, options?: CallOptions): Promise<void> {
        return this.api.put(path`/projects/${project}/immutabletagrules/${rule.id}`, rule, options, { project });
    }

    /** DELETE /projects/{project_name_or_id}/immutabletagrules/{immutable_rule_id} */
    delete(project: ProjectRef, id: number, options?: CallOptions): Promise<void> {
        return this.api.delete(path`/projects/${project}/immutabletagrules/${id}`, options, { project });
    }
}
