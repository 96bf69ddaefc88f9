import { setTimeout as delay } from "node:timers/promises";
import type { Configuration } from "../configuration";
import type { Row } from "../store/collection";
import type { User } from "../store/records";
import type { Tables } from "../store/store";
import { anonymous, type Principal } from "./principal";
import { isSecret } from "./secrets";

/** Milliseconds that a failed login takes, and for which that name is refused. Source: src/core/auth/authenticator.go. */
const frozenMs = 1_500;

/** Names and passwords. A wrong one is nobody, not an error: a public resource is still shown. */
export class Login {
    private readonly locked = new Map<string, number>();

    constructor(
        private readonly tables: Tables,
        private readonly configuration: Configuration,
    ) {}

    /** @param header Authorization: Basic ... */
    async byHeader(header: string | undefined): Promise<Principal> {
        const credentials = basicCredentials(header);
        if (credentials === undefined) return anonymous;
        const { name, password } = credentials;
        const robot = await this.robot(name, password);
        if (robot) return robot;
        const user = await this.user(name, password);
        return user ? { kind: "user", user } : anonymous;
    }

    /** A user, found by name or mail; undefined after the time that a failure takes, or at once while it is locked. */
    async user(name: string, password: string): Promise<Row<User> | undefined> {
        if ((this.locked.get(name) ?? 0) > Date.now()) return undefined;
        const user =
            (await this.tables.users.find({ username: name })) ??
            (name.includes("@") ? await this.tables.users.find({ email: name }) : undefined);
        if (user && (await isSecret(password, user.password))) return user;
        this.locked.set(name, Date.now() + frozenMs);
        await delay(frozenMs);
        this.locked.delete(name);
        return undefined;
    }

    private async robot(fullName: string, secret: string): Promise<Principal | undefined> {
        const prefix = await this.configuration.text("robot_name_prefix");
        if (!fullName.startsWith(prefix)) return undefined;
        const robot = await this.tables.robots.find({ name: fullName.slice(prefix.length) });
        if (!robot || robot.disable) return undefined;
        if (robot.expires_at !== -1 && robot.expires_at * 1000 < Date.now()) return undefined;
        return (await isSecret(secret, robot.secret)) ? { kind: "robot", robot, name: fullName } : undefined;
    }
}

export function basicCredentials(header: string | undefined): { name: string; password: string } | undefined {
    const encoded = /^basic\s+(\S+)$/i.exec(header ?? "")?.[1];
    if (encoded === undefined) return undefined;
    const text = Buffer.from(encoded, "base64").toString();
    const at = text.indexOf(":");
    return at < 0 ? undefined : { name: text.slice(0, at), password: text.slice(at + 1) };
}
