import { UserError, type UserErrorOptions } from "../../lib/errors";

/** What went wrong, for a workflow that decides by it. */
export type HarborErrorKind =
    /** Nothing answers at the address. */
    | "unreachable"
    /** The server's certificate has expired, is not trusted, or is for another name. */
    | "certificate"
    /** The deadline passed. */
    | "timeout"
    /** The connection ended in the middle of an answer. */
    | "cut-off"
    /** Something answers that is not Harbor's API: a proxy's page, a redirect to a login page. */
    | "not-harbor"
    /** 401 */
    | "unauthorized"
    /** 403 DENIED: the registry is in read-only mode. */
    | "read-only"
    /** 403 FORBIDDEN: a cookie came along without its CSRF token. This client sends none: a proxy added it. */
    | "csrf"
    /** 403 FORBIDDEN: the configuration is set by CONFIG_OVERWRITE_JSON and cannot be written. */
    | "settings-locked"
    /** 403: the user lacks the right. */
    | "forbidden"
    /** 404 */
    | "not-found"
    /** 409 */
    | "conflict"
    /** 412: something else has to be done or to be gone first. */
    | "precondition"
    /** 400 and 422: the request itself is refused. */
    | "invalid"
    /** 429 */
    | "rate-limited"
    /** 5xx */
    | "server"
    /** Any other status. */
    | "unexpected";

export interface HarborErrorOptions extends UserErrorOptions {
    readonly kind: HarborErrorKind;
    /** Method and path, without the query: `GET /projects/p1`. */
    readonly endpoint: string;
    /** HTTP status; absent where no answer came. */
    readonly status?: number;
    /** Harbor's own code: `NOT_FOUND`, `DENIED`, ... */
    readonly code?: string;
}

/** A request to Harbor that failed. Never holds a password, a token or the value of a secret field. */
export class HarborError extends UserError {
    readonly kind: HarborErrorKind;
    readonly endpoint: string;
    readonly status: number | undefined;
    readonly code: string | undefined;

    constructor(message: string, options: HarborErrorOptions) {
        super(message, options);
        this.name = "HarborError";
        this.kind = options.kind;
        this.endpoint = options.endpoint;
        this.status = options.status;
        this.code = options.code;
    }
}

/** Whether that is a HarborError, of that kind where one is given. */
export function isHarborError(error: unknown, ...kinds: readonly HarborErrorKind[]): error is HarborError {
    return error instanceof HarborError && (kinds.length === 0 || kinds.includes(error.kind));
}
