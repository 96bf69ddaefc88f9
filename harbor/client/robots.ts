import type { Api, ListCall } from "./api";
import type { CallOptions } from "./deadline";
import type { Listing } from "./listing";
import { path } from "./paths";

export interface Access {
    /** `repository`, `artifact`, `tag`, ...: see {@link Robots.permissions}. */
    readonly resource: string;
    /** `pull`, `push`, `create`, `delete`, ... */
    readonly action: string;
    readonly effect?: "allow" | "deny";
}

export interface RobotPermission {
    readonly kind: "system" | "project";
    /** The project's name; `/` for the system, `*` for all projects. */
    readonly namespace: string;
    readonly access: readonly Access[];
}

export interface Robot {
    readonly id: number;
    /** With its prefix: `robot$p1+ci`. */
    readonly name: string;
    readonly description: string;
    readonly level: "system" | "project";
    /** Days; -1: for ever. */
    readonly duration: number;
    readonly disable: boolean;
    readonly editable: boolean;
    /** Seconds since 1970; -1: never. */
    readonly expires_at: number;
    readonly permissions: readonly RobotPermission[];
    readonly creation_time?: string;
    readonly update_time?: string;
}

export interface NewRobot {
    /** Without prefix and project. */
    readonly name: string;
    readonly description?: string;
    readonly level: "system" | "project";
    /** Days, or -1 for ever; 0 is refused. */
    readonly duration: number;
    readonly disable?: boolean;
    readonly permissions: readonly RobotPermission[];
}

/** A robot that was made. Its secret is shown this one time. */
export interface RobotCreated {
    readonly id: number;
    readonly name: string;
    readonly secret: string;
    /** Seconds since 1970; -1: never. */
    readonly expires_at: number;
    readonly creation_time?: string;
}

/** All that a robot is after the update, its full name included: what is missing is wiped. */
export interface RobotUpdate extends NewRobot {
    readonly id: number;
}

/** What robots may be allowed. */
export interface Permissions {
    readonly system: readonly Access[];
    readonly project: readonly Access[];
}

const robotShape = {
    dates: ["creation_time", "update_time"],
    defaults: { description: "", disable: false, editable: false, permissions: [], duration: 0, expires_at: 0 },
} as const;

/** Robot accounts, of the system and of projects. */
export class Robots {
    constructor(private readonly api: Api) {}

    /** GET /robots: those of the system; without a query Harbor shows no others. */
    list(options?: ListCall): Listing<Robot> {
        return this.api.list<Robot>("/robots", robotShape, options);
    }

    /** GET /robots?q=Level=project,ProjectID=: those of one project. @param projectId its number */
    listOfProject(projectId: number, options?: ListCall): Listing<Robot> {
        return this.api.list<Robot>("/robots", robotShape, options, {
            query: { q: `Level=project,ProjectID=${String(projectId)}` },
        });
    }

    /** GET /robots/{robot_id} */
    get(id: number, options?: CallOptions): Promise<Robot> {
        return this.api.get<Robot>(path`/robots/${id}`, robotShape, options);
    }

    /** POST /robots. @throws HarborError of kind "conflict" where there is one of that name */
    create(robot: NewRobot, options?: CallOptions): Promise<RobotCreated> {
        return this.api.createReturning<RobotCreated>("/robots", robot, { dates: ["creation_time"] }, options);
    }

    /** PUT /robots/{robot_id}: replaces it; name with prefix, level as it was. */
    update(robot: RobotUpdate, options?: CallOptions): Promise<void> {
        return this.api.put(path`/robots/${robot.id}`, robot, options);
    }

    /** PATCH /robots/{robot_id} {"secret": ""}: a new secret of Harbor's making; the old one ends at once. */
    async refreshSecret(id: number, options?: CallOptions): Promise<string> {
        const answer = (await this.api.patch(path`/robots/${id}`, { secret: "" }, options)) as { secret: string };
        return answer.secret;
    }

    /** PATCH /robots/{robot_id}: 8 to 128 characters with an upper and a lower case letter and a digit. */
    async setSecret(id: number, secret: string, options?: CallOptions): Promise<void> {
        await this.api.patch(path`/robots/${id}`, { secret }, options);
    }

    /** DELETE /robots/{robot_id} */
    delete(id: number, options?: CallOptions): Promise<void> {
        return this.api.delete(path`/robots/${id}`, options);
    }

    /** GET /permissions: what robots may be allowed in this version. */
    permissions(options?: CallOptions): Promise<Permissions> {
        return this.api.get<Permissions>("/permissions", { defaults: { system: [], project: [] } }, options);
    }
}
