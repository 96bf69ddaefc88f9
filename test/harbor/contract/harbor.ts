import { randomBytes } from "node:crypto";
import { Agent } from "undici";
import { Api, openAgent, type Credentials } from "./api";
import { contractTarget, type Target } from "./target";

/** A project that a test made; gone, with all that is in it, when its file has ended. */
export interface TestProject {
    readonly name: string;
    readonly id: number;
}

/**
 * The Harbor that the suite runs on, for one file. What a test makes is undone in reverse order when the file has
 * ended, also after a failure, and every undoing is tried.
 */
export class Harbor {
    private readonly agent: Agent = openAgent();
    private readonly undo: (() => Promise<unknown>)[] = [];
    readonly admin: Api;
    readonly anonymous: Api;

    constructor(readonly target: Target) {
        this.anonymous = new Api(target.url, this.agent);
        this.admin = this.anonymous.as({ user: "admin", password: target.password });
    }

    as(credentials: Credentials): Api {
        return this.anonymous.as(credentials);
    }

    /** Undone when the file has ended. */
    afterwards(undo: () => Promise<unknown>): void {
        this.undo.push(undo);
    }

    /** "contract-a1b2c3d4": a name that no other run has, so that a run which was killed is in nobody's way. */
    name(kind = "contract"): string {
        return `${kind}-${randomBytes(4).toString("hex")}`;
    }

    async project(settings: Readonly<Record<string, unknown>> = {}): Promise<TestProject> {
        const name = this.name();
        const created = await this.admin.post("/projects", {
            project_name: name,
            metadata: { public: "false" },
            ...settings,
        });
        created.is(201);
        this.afterwards(() => this.removeProject(name));
        return { name, id: created.id };
    }

    /** A user without any right. Harbor marks a deleted user and keeps its row. */
    async user(): Promise<Credentials> {
        const user = this.name("user");
        const password = "Contract-12345";
        const created = await this.admin.post("/users", {
            username: user,
            email: `${user}@example.org`,
            realname: user,
            password,
        });
        const { id } = created.is(201);
        this.afterwards(() => this.admin.delete(`/users/${id}`));
        return { user, password };
    }

    /** A robot of a project that may do this to repositories: ["pull", "push"]. */
    async robot(project: TestProject, actions: readonly string[]): Promise<Credentials & { readonly id: number }> {
        const created = await this.admin.post("/robots", {
            name: this.name("bot"),
            duration: -1,
            level: "project",
            permissions: [
                {
                    kind: "project",
                    namespace: project.name,
                    access: actions.map((action) => ({ resource: "repository", action })),
                },
            ],
        });
        created.is(201);
        const id = created.number("id");
        this.afterwards(() => this.admin.delete(`/robots/${id}`));
        return { user: created.string("name"), password: created.string("secret"), id };
    }

    /** A project can go only without repositories, and they only without immutable tags. */
    async removeProject(name: string): Promise<void> {
        const rules = await this.admin.get(`/projects/${name}/immutabletagrules`);
        for (const rule of rules.status === 200 ? rules.list : []) {
            await this.admin.delete(`/projects/${name}/immutabletagrules/${String(rule["id"])}`);
        }
        const repositories = await this.admin.get(`/projects/${name}/repositories`, { page_size: 100 });
        for (const repository of repositories.status === 200 ? repositories.list : []) {
            const inside = String(repository["name"]).slice(name.length + 1);
            await this.admin.delete(`/projects/${name}/repositories/${encodeURIComponent(encodeURIComponent(inside))}`);
        }
        const gone = await this.admin.delete(`/projects/${name}`);
        if (gone.status !== 404) gone.is(200);
    }

    async end(): Promise<void> {
        const failures: unknown[] = [];
        for (const undo of this.undo.reverse()) {
            try {
                await undo();
            } catch (error) {
                failures.push(error);
            }
        }
        await this.agent.close();
        if (failures.length > 0) throw new AggregateError(failures, `left behind: ${failures.map(String).join("; ")}`);
    }
}

/** Milliseconds for one test on a real Harbor: each request of the administrator takes an eighth of a second there. */
const testTimeout = 60_000;

/**
 * One subject of the contract. On whatever HARBOR_URL and HARBOR_PASSWORD name, else on the lab's stand-in.
 */
export function contract(subject: string, tests: (harbor: () => Harbor) => void): void {
    describe(`Harbor's contract: ${subject}`, function () {
        this.timeout(testTimeout);
        let harbor: Harbor | undefined;

        before(async function () {
            this.timeout(20 * 60_000);
            harbor = new Harbor(await contractTarget());
        });

        after(async () => harbor?.end());

        tests(() => {
            if (harbor === undefined) throw new Error("asked for before the file's first test");
            return harbor;
        });
    });
}

/** A test that the stand-in does not pass, with the reason; it stands in the title. */
export function onlyReal(reason: string, title: string, harbor: () => Harbor, test: () => Promise<void>): void {
    it(`${title} (a real Harbor only: ${reason})`, async function () {
        if (!harbor().target.real) this.skip();
        await test();
    });
}
