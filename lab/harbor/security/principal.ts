import type { Robot, User } from "../store/records";
import type { Row } from "../store/collection";

/** Who asks. */
export type Principal =
    | { readonly kind: "anonymous" }
    | { readonly kind: "user"; readonly user: Row<User> }
    /** `name` is the full one: robot$p1+ci. */
    | { readonly kind: "robot"; readonly robot: Row<Robot>; readonly name: string };

export const anonymous: Principal = { kind: "anonymous" };

export function nameOf(principal: Principal): string {
    return principal.kind === "user"
        ? principal.user.username
        : principal.kind === "robot"
          ? principal.name
          : "anonymous";
}

export function isAdmin(principal: Principal): boolean {
    return principal.kind === "user" && principal.user.sysadmin_flag;
}
