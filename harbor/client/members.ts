import type { Api, ListCall } from "./api";
import type { CallOptions } from "./deadline";
import type { Listing } from "./listing";
import { path, type ProjectRef } from "./paths";

/** The roles of a project, by Harbor's numbers. */
export const projectRoles = {
    projectAdmin: 1,
    developer: 2,
    guest: 3,
    maintainer: 4,
    limitedGuest: 5,
} as const;
export type ProjectRole = (typeof projectRoles)[keyof typeof projectRoles];

/** A user or a group in a project. */
export interface Member {
    readonly id: number;
    readonly project_id: number;
    readonly entity_name: string;
    /** u: user, g: group */
    readonly entity_type: "u" | "g";
    readonly entity_id: number;
    readonly role_id: ProjectRole;
    readonly role_name: string;
}

export interface NewMember {
    readonly role_id: ProjectRole;
    readonly member_user?: { readonly user_id?: number; readonly username?: string };
    readonly member_group?: {
        readonly id?: number;
        readonly group_name?: string;
        /** 1: LDAP, 2: HTTP, 3: OIDC */
        readonly group_type?: 1 | 2 | 3;
        readonly ldap_group_dn?: string;
    };
}

/** Members of projects. */
export class Members {
    constructor(private readonly api: Api) {}

    /** GET /projects/{project_name_or_id}/members */
    list(project: ProjectRef, options?: ListCall): Listing<Member> {
        return this.api.list<Member>(path`/projects/${project}/members`, {}, options, { project });
    }

    /** POST /projects/{project_name_or_id}/members. @returns the member's number */
    create(project: ProjectRef, member: NewMember, options?: CallOptions): Promise<number> {
        return this.api.create(path`/projects/${project}/members`, member, options, { project });
    }

    /** PUT /projects/{project_name_or_id}/members/{mid} */
    setRole(project: ProjectRef, id: number, role: ProjectRole, options?: CallOptions): Promise<void> {
        return this.api.put(path`/projects/${project}/members/${id}`, { role_id: role }, options, { project });
    }

    /** DELETE /projects/{project_name_or_id}/members/{mid} */
    delete(project: ProjectRef, id: number, options?: CallOptions): Promise<void> {
        return this.api.delete(path`/projects/${project}/members/${id}`, options, { project });
    }
}
