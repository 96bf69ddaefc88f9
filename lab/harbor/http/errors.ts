/** An answer that is an error, as Harbor words it. Source: src/lib/http/error.go, src/lib/errors/const.go. */
export class ApiError extends Error {
    constructor(
        readonly status: number,
        readonly code: string,
        message: string,
        readonly headers: Readonly<Record<string, string>> = {},
        options?: ErrorOptions,
    ) {
        super(message, options);
    }
}

/** The envelope of every error. */
export function errorBody(code: string, message: string): { errors: { code: string; message: string }[] } {
    return { errors: [{ code, message }] };
}

export const badRequest = (message: string): ApiError => new ApiError(400, "BAD_REQUEST", message);
export const unauthorized = (message = "unauthorized", headers?: Readonly<Record<string, string>>): ApiError =>
    new ApiError(401, "UNAUTHORIZED", message, headers);
export const forbidden = (message = "forbidden"): ApiError => new ApiError(403, "FORBIDDEN", message);
/** What a policy refuses (read-only, quota, content trust), in words that a container client shows. */
export const denied = (message: string): ApiError => new ApiError(403, "DENIED", message);
export const notFound = (what: string): ApiError => new ApiError(404, "NOT_FOUND", `${what} not found`);
export const conflict = (message: string, cause?: unknown): ApiError =>
    new ApiError(409, "CONFLICT", message, {}, { cause });
export const preconditionFailed = (message: string): ApiError => new ApiError(412, "PRECONDITION", message);
/** What go-swagger says of a request that its document does not allow. */
export const unprocessable = (message: string): ApiError => new ApiError(422, "UNPROCESSABLE_ENTITY", message);
