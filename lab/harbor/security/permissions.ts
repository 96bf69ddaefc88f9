import type { Access } from "../store/records";

/** What a robot can be allowed, as GET /permissions lists it. Source: src/common/rbac/const.go. */
const system: Readonly<Record<string, string>> = {
    "audit-log": "list",
    "preheat-instance": "read create delete list update",
    project: "list create",
    "replication-policy": "read create delete list update",
    replication: "read create list",
    "replication-adapter": "list",
    registry: "read create delete list update",
    "scan-all": "read update stop create",
    "system-volumes": "read",
    "garbage-collection": "read create list update stop",
    "purge-audit": "read create list update stop",
    "jobservice-monitor": "list stop",
    scanner: "read create delete list update",
    label: "read create delete update",
    "security-hub": "read list",
    catalog: "read",
    quota: "read list update",
    robot: "create read list delete",
    user: "create read update list delete",
    "ldap-user": "create list",
    "user-group": "create read update list delete",
};

const project: Readonly<Record<string, string>> = {
    log: "list",
    project: "read delete update",
    metadata: "read create delete list update",
    repository: "read update delete list pull push",
    artifact: "read create list delete",
    scan: "create read stop",
    sbom: "create stop read",
    tag: "create list delete",
    accessory: "list",
    "artifact-addition": "read",
    "artifact-label": "create delete",
    scanner: "create read",
    "preheat-policy": "read create delete list update",
    "immutable-tag": "create delete list update",
    "notification-policy": "read create delete list update",
    "tag-retention": "read create delete list update",
    label: "read create delete list update",
    quota: "read",
    robot: "create read list delete",
    "export-cve": "create read",
    member: "create read update list delete",
};

const flat = (table: Readonly<Record<string, string>>): Access[] =>
    Object.entries(table).flatMap(([resource, actions]) => actions.split(" ").map((action) => ({ resource, action })));

export const robotPermissions = { system: flat(system), project: flat(project) } as const;

export function isRobotPermission(kind: "system" | "project", { resource, action }: Access): boolean {
    return (kind === "system" ? system : project)[resource]?.split(" ").includes(action) ?? false;
}

/** What anybody may do in a public project. */
const everyone: Readonly<Record<string, string>> = {
    project: "read",
    repository: "list read pull",
    artifact: "read list",
    tag: "list",
    accessory: "list",
    "artifact-addition": "read",
    scan: "read",
    sbom: "read",
    label: "read list",
    scanner: "read",
};
const guest: Readonly<Record<string, string>> = {
    ...everyone,
    member: "read list",
    metadata: "read list",
    quota: "read",
    log: "list",
    robot: "read list",
    configuration: "read",
};
const developer: Readonly<Record<string, string>> = {
    ...guest,
    repository: "list read update pull push",
    artifact: "create read list",
    tag: "create list",
    "artifact-label": "create delete",
    scan: "create read stop",
    sbom: "create read stop",
};
const maintainer: Readonly<Record<string, string>> = {
    ...developer,
    repository: "list read update delete pull push",
    artifact: "create read list delete",
    tag: "create list delete",
    label: "read create delete list update",
    "tag-retention": "read create delete list update operate",
    "immutable-tag": "read create delete list update",
    "notification-policy": "read list",
    robot: "create read update delete list",
    metadata: "read create delete list update",
};
const limitedGuest: Readonly<Record<string, string>> = { ...everyone, quota: "read" };

/** By Harbor's numbers of roles; 1, the project's administrator, may do everything in it. */
const roles: Readonly<Record<number, Readonly<Record<string, string>>>> = {
    2: developer,
    3: guest,
    4: maintainer,
    5: limitedGuest,
};

export const roleNames: Readonly<Record<number, string>> = {
    1: "projectAdmin",
    2: "developer",
    3: "guest",
    4: "maintainer",
    5: "limitedGuest",
};

export function roleAllows(role: number, resource: string, action: string): boolean {
    return role === 1 || (roles[role]?.[resource]?.split(" ").includes(action) ?? false);
}

export function publicAllows(resource: string, action: string): boolean {
    return everyone[resource]?.split(" ").includes(action) ?? false;
}
