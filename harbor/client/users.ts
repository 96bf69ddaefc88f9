import type { Api, ListCall } from "./api";
import type { CallOptions } from "./deadline";
import type { Listing } from "./listing";
import { path } from "./paths";

export interface User {
    readonly user_id: number;
    readonly username: string;
    readonly email: string;
    readonly realname: string;
    readonly comment: string;
    readonly sysadmin_flag: boolean;
    /** An administrator by a group of the identity provider. */
    readonly admin_role_in_auth: boolean;
    readonly creation_time?: string;
    readonly update_time?: string;
}

export interface NewUser {
    readonly username: string;
    readonly password: string;
    readonly email: string;
    readonly realname: string;
    readonly comment?: string;
}

export type UserProfile = Pick<User, "email" | "realname"> & Partial<Pick<User, "comment">>;

const userShape = {
    dates: ["creation_time", "update_time"],
    defaults: { email: "", realname: "", comment: "", sysadmin_flag: false, admin_role_in_auth: false },
} as const;

/** Users. */
export class Users {
    constructor(private readonly api: Api) {}

    /** GET /users/current. @throws HarborError of kind "unauthorized"; "precondition" for a robot, who is no user */
    current(options?: CallOptions): Promise<User> {
        return this.api.get<User>("/users/current", userShape, options);
    }

    /** GET /users */
    list(options?: ListCall): Listing<User> {
        return this.api.list<User>("/users", userShape, options);
    }

    /** GET /users/{user_id} */
    get(id: number, options?: CallOptions): Promise<User> {
        return this.api.get<User>(path`/users/${id}`, userShape, options);
    }

    /** POST /users. @returns the number */
    create(user: NewUser, options?: CallOptions): Promise<number> {
        return this.api.create("/users", user, options);
    }

    /** PUT /users/{user_id} */
    update(id: number, profile: UserProfile, options?: CallOptions): Promise<void> {
        return this.api.put(path`/users/${id}`, profile, options);
    }

    /** PUT /users/{user_id}/sysadmin */
    setAdministrator(id: number, administrator: boolean, options?: CallOptions): Promise<void> {
        return this.api.put(path`/users/${id}/sysadmin`, { sysadmin_flag: administrator }, options);
    }

    /** PUT /users/{user_id}/password. @param oldPassword needed for one's own. Not repeated: it holds once. */
    setPassword(id: number, password: string, oldPassword?: string, options?: CallOptions): Promise<void> {
        const body = { new_password: password, ...(oldPassword === undefined ? {} : { old_password: oldPassword }) };
        return this.api.put(path`/users/${id}/password`, body, options, { idempotent: false });
    }

    /** DELETE /users/{user_id} */
    delete(id: number, options?: CallOptions): Promise<void> {
        return this.api.delete(path`/users/${id}`, options);
    }
}
