import type { Reply } from "./reply";
import type { ApiRequest } from "./request";

export type Handler = (request: ApiRequest) => Promise<Reply> | Reply;
export type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface Route {
    readonly method: Method;
    /** Below /api/v2.0; a part that begins with ":" is a parameter. */
    readonly path: string;
    readonly handler: Handler;
}

/** Routes of one group: `get("/projects", ...)`. */
export class Routes {
    readonly list: Route[] = [];
    get = this.adder("GET");
    head = this.adder("HEAD");
    post = this.adder("POST");
    put = this.adder("PUT");
    patch = this.adder("PATCH");
    delete = this.adder("DELETE");

    private adder(method: Method): (path: string, handler: Handler) => void {
        return (path, handler) => {
            this.list.push({ method, path, handler });
        };
    }
}

export type Match =
    | { readonly handler: Handler; readonly params: Readonly<Record<string, string>> }
    /** The path is there, the method is not. */
    | "method"
    | undefined;

/** Finds a route by the path's parts, each decoded by itself: %2F in a part is no separator. */
export class Router {
    private readonly bySize = new Map<number, (Route & { readonly parts: readonly string[] })[]>();

    constructor(routes: readonly Route[]) {
        for (const route of routes) {
            const parts = route.path.split("/").slice(1);
            const same = this.bySize.get(parts.length) ?? [];
            // A fixed part is preferred to a parameter: /users/current before /users/:id.
            same.push({ ...route, parts });
            same.sort((a, b) => parameters(a.parts) - parameters(b.parts));
            this.bySize.set(parts.length, same);
        }
    }

    match(method: string, path: string): Match {
        const parts = path.replace(/\/$/, "").split("/").slice(1).map(decodePart);
        let found = false;
        for (const route of this.bySize.get(parts.length) ?? []) {
            const fits = route.parts.every((part, index) => part.startsWith(":") || part === parts[index]);
            if (!fits) continue;
            found = true;
            if (route.method !== method) continue;
            const params = route.parts.flatMap((part, index) =>
                part.startsWith(":") ? [[part.slice(1), parts[index] ?? ""] as const] : [],
            );
            return { handler: route.handler, params: Object.fromEntries(params) };
        }
        return found ? "method" : undefined;
    }
}

function parameters(parts: readonly string[]): number {
    return parts.filter((part) => part.startsWith(":")).length;
}

function decodePart(part: string): string {
    try {
        return decodeURIComponent(part);
    } catch (error) {
        if (error instanceof URIError) return part;
        throw error;
    }
}
