import type { ServerResponse } from "node:http";
import type { ListQuery } from "../store/collection";
import type { ApiRequest } from "./request";

export interface Reply {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    /** JSON, or a text as it is; undefined: an empty body. */
    readonly body?: unknown;
}

/** What a PUT or a DELETE answers. */
export const done: Reply = { status: 200 };

export function ok(body: unknown): Reply {
    return { status: 200, body };
}

/** 200 with nothing in it, and JSON by its header: a schedule that is not set. */
export const emptyJson: Reply = { status: 200, headers: { "Content-Type": "application/json" } };

/** An empty 201 with the path of what was made, without a host, as Harbor does. */
export function created(location: string): Reply {
    return { status: 201, headers: { Location: location } };
}

/** The path of what was made below the path that was posted to. */
export function createdBelow(request: ApiRequest, id: number | string): Reply {
    return created(`${request.url.pathname.replace(/\/$/, "")}/${String(id)}`);
}

/** A page of a list with X-Total-Count and Link. */
export function page(request: ApiRequest, query: ListQuery, total: number, rows: readonly unknown[]): Reply {
    const link = links(request.url, query, total);
    return {
        status: 200,
        body: rows,
        headers: { "X-Total-Count": String(total), ...(link === "" ? {} : { Link: link }) },
    };
}

/** Source: Links() in src/server/v2.0/handler/base.go. */
function links(url: URL, { page: number, pageSize }: ListQuery, total: number): string {
    if (pageSize === 0) return "";
    const link = (to: number, rel: string): string => {
        const query = new URLSearchParams(url.searchParams);
        query.set("page", String(to));
        query.set("page_size", String(pageSize));
        query.sort();
        return `<${url.pathname}?${decodeURIComponent(query.toString().replaceAll("+", " "))}>; rel="${rel}"`;
    };
    return [
        ...(number > 1 && (number - 1) * pageSize < total ? [link(number - 1, "prev")] : []),
        ...(pageSize * number < total ? [link(number + 1, "next")] : []),
    ].join(" , ");
}

export function send(response: ServerResponse, { status, headers, body }: Reply): void {
    response.statusCode = status;
    for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
    if (body === undefined) {
        response.setHeader("Content-Length", "0");
        response.end();
        return;
    }
    const isText = typeof body === "string";
    if (!response.hasHeader("Content-Type"))
        response.setHeader("Content-Type", isText ? "text/plain; charset=utf-8" : "application/json; charset=utf-8");
    const text = isText ? body : `${JSON.stringify(body)}\n`;
    response.setHeader("Content-Length", String(Buffer.byteLength(text)));
    response.end(text);
}

/** Leaves out what Go's `omitempty` does: false, 0, "", and nothing; but keeps these fields. */
export function compact(document: Readonly<Record<string, unknown>>, ...keep: readonly string[]): object {
    return Object.fromEntries(
        Object.entries(document).filter(
            ([key, value]) =>
                keep.includes(key) ||
                !(value === undefined || value === null || value === "" || value === 0 || value === false),
        ),
    );
}

/** A time that was never set, as Go writes it. */
export const zeroTime = "0001-01-01T00:00:00.000Z";
