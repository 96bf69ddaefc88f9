import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface Comment {
    readonly id: number;
    body: string;
    readonly user?: { readonly type: string };
    readonly author?: { readonly id: number };
}

/** Something that goes wrong with one call. */
export interface Trouble {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
    /** The call is carried out all the same; only its answer is lost. */
    readonly done?: boolean;
}

/** As much of GitHub's and GitLab's API as a comment needs, on loopback. */
export class CommentsApi {
    readonly comments: Comment[] = [];
    readonly calls: string[] = [];
    /** For the next calls, in turn; undefined: that one goes well. */
    readonly troubles: (Trouble | undefined)[] = [];
    private id = 100;

    private constructor(
        readonly platform: "github" | "gitlab",
        readonly token: string,
        private readonly server: Server,
    ) {}

    static async open(platform: "github" | "gitlab", token: string): Promise<CommentsApi> {
        const server = createServer();
        const api = new CommentsApi(platform, token, server);
        server.on("request", (request, response) => {
            void api.answer(request).then(({ status, headers = {}, body = "" }) => {
                response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
            });
        });
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        return api;
    }

    get url(): string {
        return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
    }

    /** What each job of the platform has, for this pull request. */
    get env(): Record<string, string> {
        return this.platform === "github"
            ? {
                  GITHUB_REPOSITORY: "team/registry",
                  GITHUB_API_URL: this.url,
                  GITHUB_SERVER_URL: "https://github.example.com",
                  GITHUB_RUN_ID: "9",
                  GITHUB_TOKEN: this.token,
                  PULL_REQUEST: "7",
              }
            : {
                  CI_API_V4_URL: `${this.url}/api/v4`,
                  CI_PROJECT_ID: "5",
                  CI_MERGE_REQUEST_IID: "7",
                  CI_PIPELINE_URL: "https://gitlab.example.com/pipelines/9",
                  ANCHORAGE_COMMENT_TOKEN: this.token,
              };
    }

    /** As somebody writes one. @param ours by the pipeline's own user */
    write(body: string, ours = false): Comment {
        const id = ++this.id;
        const comment =
            this.platform === "github"
                ? { id, body, user: { type: ours ? "Bot" : "User" } }
                : { id, body, author: { id: ours ? 1 : 2 } };
        this.comments.push(comment);
        return comment;
    }

    async close(): Promise<void> {
        this.server.closeAllConnections();
        await new Promise((resolve) => this.server.close(resolve));
    }

    private async answer(request: IncomingMessage): Promise<Trouble> {
        const { method = "", url = "" } = request;
        const content = await text(request);
        this.calls.push(`${method} ${url.replace(/\?.*/, "")}`);
        const trouble = this.troubles.shift();
        if (trouble !== undefined && trouble.done !== true) return trouble;
        const answer = this.carryOut(request.headers.authorization, method, new URL(url, this.url), content);
        return trouble ?? answer;
    }

    private carryOut(authorization: string | undefined, method: string, url: URL, content: string): Trouble {
        if (authorization !== `Bearer ${this.token}`) return { status: 401, body: '{"message":"Bad credentials"}' };
        const list =
            this.platform === "github"
                ? "/repos/team/registry/issues/7/comments"
                : "/api/v4/projects/5/merge_requests/7/notes";
        const one = this.platform === "github" ? "/repos/team/registry/issues/comments/" : `${list}/`;
        const ok = (value: unknown): Trouble => ({ status: 200, body: JSON.stringify(value) });
        const { pathname, searchParams } = url;
        if (method === "GET" && pathname === "/api/v4/user") return ok({ id: 1 });
        if (method === "GET" && pathname === list) {
            const size = Number(searchParams.get("per_page"));
            const page = Number(searchParams.get("page"));
            return ok(this.comments.slice((page - 1) * size, page * size));
        }
        const { body = "" } = content === "" ? {} : (JSON.parse(content) as { body?: string });
        if (method === "POST" && pathname === list) return ok(this.write(body, true));
        const found = this.comments.find(({ id }) => `${one}${String(id)}` === pathname);
        if (found !== undefined && method === (this.platform === "github" ? "PATCH" : "PUT")) {
            found.body = body;
            return ok(found);
        }
        return { status: 404, body: '{"message":"Not Found"}' };
    }
}
