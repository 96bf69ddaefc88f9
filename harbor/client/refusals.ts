import { HarborError, type HarborErrorKind } from "./errors";

/** An answer that is no success, as it is turned into an error. */
export interface Refusal {
    readonly endpoint: string;
    readonly status: number;
    readonly contentType: string | undefined;
    /** Where a redirect leads to. */
    readonly location: string | undefined;
    readonly body: string;
    /** Takes secrets out of a text: a server may repeat what it was sent. */
    readonly hide: (text: string) => string;
    /** Who was logged in; absent: nobody. */
    readonly user: string | undefined;
}

/** The error that an answer stands for. Harbor's are `{"errors":[{"code":"NOT_FOUND","message":"..."}]}`. */
export function refusalError(refusal: Refusal): HarborError {
    const { endpoint, status } = refusal;
    if (status >= 300 && status < 400) {
        return new HarborError(`${endpoint}: answered with a redirect${redirectTarget(refusal)}, not by Harbor's API`, {
            kind: "not-harbor",
            endpoint,
            status,
            details: ["a login page in front, or another address than the one that Harbor serves"],
            next: ["give the address that clients type, and let /api/ and /v2/ pass the proxy in front"],
        });
    }
    const said = harborSaid(refusal);
    const kind = kindOf(status, said);
    const { code } = said ?? {};
    const what = said ? [code, said.message].filter(Boolean).join(": ") : pageSaid(refusal);
    return new HarborError(`${endpoint}: ${statusText(status)}${what === "" ? "" : `: ${what}`}`, {
        kind,
        endpoint,
        status,
        ...(code === undefined ? {} : { code }),
        ...advice(kind, refusal),
    });
}

/** An answer that says 200 and is no JSON. */
export function notJsonError(refusal: Refusal): HarborError {
    const { endpoint, status } = refusal;
    const page = pageSaid(refusal);
    return new HarborError(`${endpoint}: answered with something other than JSON${page === "" ? "" : `: ${page}`}`, {
        kind: "not-harbor",
        endpoint,
        status,
        details: ["a proxy's page, or another program on that address"],
        next: ["open the address in a browser to see what answers there"],
    });
}

interface Said {
    readonly code: string | undefined;
    readonly message: string;
}

/** The first error of Harbor's list; also of the registry's, which has the same form. */
function harborSaid({ body, hide }: Refusal): Said | undefined {
    try {
        const parsed = JSON.parse(body) as { errors?: { code?: unknown; message?: unknown }[] } | null;
        const first = parsed?.errors?.[0];
        if (first === undefined) return undefined;
        return {
            code: typeof first.code === "string" ? hide(first.code) : undefined,
            message: typeof first.message === "string" ? shorten(hide(first.message)) : "",
        };
    } catch {
        return undefined;
    }
}

function kindOf(status: number, said: Said | undefined): HarborErrorKind {
    if (status === 403) return forbiddenKind(said);
    const kinds: Readonly<Record<number, HarborErrorKind>> = {
        400: "invalid",
        401: "unauthorized",
        404: "not-found",
        409: "conflict",
        412: "precondition",
        422: "invalid",
        429: "rate-limited",
    };
    return kinds[status] ?? (status >= 500 ? "server" : "unexpected");
}

/** Harbor has one status for three things; its code and its words tell them apart (facts of a real 2.15.2). */
function forbiddenKind(said: Said | undefined): HarborErrorKind {
    if (said === undefined) return "forbidden";
    if (said.code === "DENIED" && /read[- ]only/i.test(said.message)) return "read-only";
    if (/csrf/i.test(said.message)) return "csrf";
    if (/init by env/i.test(said.message)) return "settings-locked";
    return "forbidden";
}

function advice(kind: HarborErrorKind, { user }: Refusal): { details?: string[]; next?: string[] } {
    switch (kind) {
        case "unauthorized":
            return {
                details: [
                    user === undefined
                        ? "nobody is logged in"
                        : `user ${JSON.stringify(user)}: the password is wrong, or there is no such user`,
                    // Seen: a failed login takes 1.6 s, and whoever logs in under that name meanwhile fails too.
                    ...(user === undefined ? [] : ["a failed login locks its user name for about 2 s"]),
                ],
                next: ["the administrator's password in the cluster counts only at Harbor's first start"],
            };
        case "read-only":
            return {
                details: ["the registry refuses every change until it is switched back"],
                next: ["wait for the backup that switched it, or set read_only to false in Harbor's configuration"],
            };
        case "csrf":
            return {
                details: ["a cookie came along with the request: this client sends none, so a proxy adds it"],
                next: ["let the proxy pass requests without session cookies"],
            };
        case "settings-locked":
            return {
                details: ["CONFIG_OVERWRITE_JSON is set on Harbor's core, which locks every setting"],
                next: ["take core.configureUserSettings out of the chart's values"],
            };
        case "forbidden":
            return {
                details: user === undefined ? [] : [`user ${JSON.stringify(user)} has no right to do that`],
                next: [],
            };
        case "rate-limited":
            return { details: ["too many requests: the limit is Harbor's, or of the proxy in front"], next: [] };
        case "server":
            return { details: [], next: ["npx anchorage status shows which workloads are not ready"] };
        default:
            return {};
    }
}

function statusText(status: number): string {
    return `answered ${String(status)}`;
}

/** Origin and path alone: a query may hold a token. */
function redirectTarget({ location, hide }: Refusal): string {
    if (location === undefined) return "";
    const [plain = ""] = location.split(/[?#]/);
    return ` to ${hide(plain.replace(/\/\/[^/@]*@/, "//"))}`;
}

/** The title of a page, or the beginning of a text. */
function pageSaid({ body, contentType, hide }: Refusal): string {
    // Before anything is shortened: half a secret would not be found.
    const shown = hide(body);
    const title = /<title[^>]*>([^<]*)<\/title>/i.exec(shown)?.[1]?.trim();
    if (title !== undefined && title !== "") return `page ${JSON.stringify(shorten(title))}`;
    const text = shown.trim();
    if (text === "" || text.startsWith("<") || /html/i.test(contentType ?? "")) {
        return text === "" ? "" : (contentType ?? "a page");
    }
    return shorten(text);
}

function shorten(text: string): string {
    const line = text.replaceAll(/\s+/g, " ").trim();
    return line.length > 300 ? `${line.slice(0, 300)}...` : line;
}
