import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { harborError, json, Loopback, type Seen } from "../harbor/client/loopback";
import type { Pair } from "./certificates";

/** What is wrong with a fake Harbor; nothing by default. */
export interface Flaws {
    unhealthy?: string;
    version?: string;
    readOnly?: boolean;
    password?: string;
    portalStatus?: number;
    /** Where it says that its token service is. */
    realm?: string;
    /** Where it says that an upload goes on. */
    uploadAt?: string;
    /** Gives other bytes back than it was given. */
    corruptBlobs?: boolean;
    otherTags?: boolean;
    noScanner?: boolean;
    scanStatus?: string;
    /** Gives unsigned images out all the same. */
    noTrust?: boolean;
    /** Times that /ping is answered before it is 429; absent: always. */
    pings?: number;
    /** Its repositories cannot be deleted. */
    stuck?: boolean;
    /** Answers any push with this. */
    pushStatus?: number;
}

/** As much of a Harbor as verify asks for, in memory, with the flaws that a test gives it. */
export class FakeHarbor {
    readonly password = "Harbor-of-a-fake-1";
    readonly projects = new Map<string, { trust: boolean; created: string }>();
    /** By repository and digest or tag. */
    readonly manifests = new Map<string, Buffer>();
    readonly blobs = new Map<string, Buffer>();
    signed = false;
    pings = 0;
    private server: Loopback | undefined;

    private constructor(readonly flaws: Flaws) {}

    static async start(flaws: Flaws = {}, tls?: Pair): Promise<FakeHarbor> {
        const fake = new FakeHarbor(flaws);
        fake.server = await Loopback.start((request, response) => fake.answer(request, response), tls);
        return fake;
    }

    get url(): string {
        return this.server?.url ?? "";
    }

    get seen(): readonly Seen[] {
        return this.server?.seen ?? [];
    }

    async stop(): Promise<void> {
        await this.server?.stop();
    }

    private answer(request: Seen, response: ServerResponse): void {
        const { pathname } = new URL(request.path, "http://h");
        if (pathname === "/") this.portal(response);
        else if (pathname === "/service/token") this.token(request, response);
        else if (pathname.startsWith("/v2/")) this.registry(request, pathname, response);
        else this.api(request, decodeURIComponent(pathname.replace("/api/v2.0", "")), response);
    }

    private portal(response: ServerResponse): void {
        response.writeHead(this.flaws.portalStatus ?? 200, { "content-type": "text/html; charset=utf-8" });
        response.end("<html><head><title>Harbor</title></head></html>");
    }

    private loggedIn({ headers }: Seen): boolean {
        const expected = Buffer.from(`admin:${this.flaws.password ?? this.password}`).toString("base64");
        return headers.authorization === `Basic ${expected}`;
    }

    private token(request: Seen, response: ServerResponse): void {
        if (this.loggedIn(request)) json(response, { token: "a-token-of-the-fake" });
        else harborError(response, 401, "UNAUTHORIZED", "unauthorized");
    }

    private api(request: Seen, path: string, response: ServerResponse): void {
        const { flaws } = this;
        if (path === "/ping") {
            const limited = flaws.pings !== undefined && ++this.pings > flaws.pings;
            response.writeHead(limited ? 429 : 200).end(limited ? "" : "Pong");
            return;
        }
        if (path === "/health") {
            const ill = flaws.unhealthy;
            const database = { name: "database", status: ill === undefined ? "healthy" : "unhealthy", error: ill };
            json(response, { status: database.status, components: [{ name: "core", status: "healthy" }, database] });
            return;
        }
        if (!this.loggedIn(request)) {
            harborError(response, 401, "UNAUTHORIZED", "unauthorized");
            return;
        }
        const [, resource = "", project = ""] = path.split("/");
        const artifact = /\/artifacts\/([^/?]+)/.exec(path)?.[1];
        if (resource === "users") json(response, { user_id: 1, username: "admin" });
        else if (resource === "systeminfo") {
            const harbor_version = flaws.version ?? "v2.15.2-080b0220";
            json(response, { harbor_version, read_only: flaws.readOnly ?? false });
        } else if (artifact !== undefined) this.artifact(request, path, artifact, response);
        else if (path.endsWith("/scanner"))
            json(response, flaws.noScanner === true ? {} : { uuid: "u", name: "Trivy" });
        else if (path.includes("/repositories")) this.repositories(request, project, response);
        else this.project(request, project, response);
    }

    private artifact({ method, path }: Seen, decoded: string, digest: string, response: ServerResponse): void {
        if (method === "POST" && decoded.endsWith("/scan")) {
            response.writeHead(202).end();
            return;
        }
        const scan_status = this.flaws.scanStatus ?? "Success";
        json(response, {
            id: 1,
            digest,
            type: "IMAGE",
            tags: [{ id: 1, name: this.flaws.otherTags === true ? "v2" : "v1" }],
            ...(path.includes("with_scan_overview=true")
                ? { scan_overview: { report: { report_id: "r", scan_status, summary: { total: 3, fixable: 1 } } } }
                : {}),
            ...(this.signed ? { accessories: [{ id: 1, digest: "sha256:signature", type: "signature.cosign" }] } : {}),
        });
    }

    private repositories({ method }: Seen, project: string, response: ServerResponse): void {
        if (!this.projects.has(project)) {
            harborError(response, 403, "FORBIDDEN", "forbidden");
        } else if (method === "GET") {
            const held = [...this.manifests.keys()].some((key) => key.startsWith(`${project}/`));
            json(response, held ? [{ id: 1, name: `${project}/smoke/image` }] : [], { "x-total-count": held ? 1 : 0 });
        } else if (this.flaws.stuck === true) {
            harborError(response, 500, "UNKNOWN", "internal server error");
        } else {
            for (const key of this.manifests.keys()) if (key.startsWith(`${project}/`)) this.manifests.delete(key);
            response.writeHead(200).end();
        }
    }

    private project({ method, body, path }: Seen, name: string, response: ServerResponse): void {
        if (method === "POST") {
            const { project_name } = JSON.parse(body) as { project_name: string };
            this.projects.set(project_name, { trust: false, created: new Date().toISOString() });
            response.writeHead(201, { location: "/api/v2.0/projects/2" }).end();
            return;
        }
        if (method === "HEAD") {
            const wanted = new URL(path, "http://h").searchParams.get("project_name") ?? "";
            response.writeHead(this.projects.has(wanted) ? 200 : 404).end();
            return;
        }
        if (name === "") {
            const all = [...this.projects].map(([of, { created }]) => ({
                project_id: 2,
                name: of,
                creation_time: created,
            }));
            json(response, all, { "x-total-count": all.length });
            return;
        }
        const project = this.projects.get(name);
        if (project === undefined) {
            harborError(response, 404, "NOT_FOUND", `project ${name} not found`);
        } else if (method === "PUT") {
            const { metadata } = JSON.parse(body) as { metadata: { enable_content_trust_cosign: string } };
            project.trust = metadata.enable_content_trust_cosign === "true";
            response.writeHead(200).end();
        } else {
            this.projects.delete(name);
            response.writeHead(200).end();
        }
    }

    private registry({ method, headers, path, body }: Seen, pathname: string, response: ServerResponse): void {
        const { flaws } = this;
        if (headers.authorization === undefined) {
            const realm = flaws.realm ?? `${this.url}/service/token`;
            harborError(response, 401, "UNAUTHORIZED", "unauthorized", {
                "www-authenticate": `Bearer realm="${realm}",service="harbor-registry"`,
            });
            return;
        }
        const [, repository = "", kind = "", reference = ""] =
            /^\/v2\/(.+)\/(manifests|blobs|tags)\/(.*)$/.exec(pathname) ?? [];
        const project = this.projects.get(repository.split("/")[0] ?? "");
        if (method === "POST") {
            if (flaws.pushStatus !== undefined) harborError(response, flaws.pushStatus, "DENIED", "quota exceeded");
            else
                response
                    .writeHead(202, { location: flaws.uploadAt ?? `/v2/${repository}/blobs/uploads/1?_state=x` })
                    .end();
        } else if (method === "PUT" && kind === "blobs") {
            const digest = new URL(path, "http://h").searchParams.get("digest") ?? "";
            this.blobs.set(digest, Buffer.from(body, "latin1"));
            response.writeHead(201).end();
        } else if (method === "PUT") {
            const manifest = Buffer.from(body, "latin1");
            const digest = `sha256:${createHash("sha256").update(manifest).digest("hex")}`;
            this.manifests.set(`${repository}@${digest}`, manifest).set(`${repository}@${reference}`, manifest);
            response.writeHead(201, { "docker-content-digest": digest }).end();
        } else if (kind === "tags") {
            json(response, { name: repository, tags: ["v1"] });
        } else if (kind === "manifests") {
            if (project?.trust === true && !this.signed && flaws.noTrust !== true) {
                harborError(response, 412, "PROJECTPOLICYVIOLATION", "The image is not signed in Cosign.");
            } else response.end(this.manifests.get(`${repository}@${reference}`));
        } else if (kind === "blobs") {
            const blob = this.blobs.get(reference);
            response.end(flaws.corruptBlobs === true ? "other bytes" : blob);
        } else json(response, {});
    }
}
