import { badRequest } from "../http/errors";

/**
 * Harbor's `q`: `k=v` exact, `k=~v` fuzzy, `k=[min~max]` range, `k={a b}` any of, `k=(a b)` all of; several with commas.
 * Source: src/lib/q/builder.go.
 */
export interface Condition {
    /** As asked, in snake case: ProjectID is project_id. */
    readonly key: string;
    readonly match:
        | { readonly kind: "exact" | "fuzzy"; readonly value: string }
        | { readonly kind: "range"; readonly min?: string; readonly max?: string }
        | { readonly kind: "any" | "all"; readonly values: readonly string[] };
}

/** Reads a `q` as the query string has it after one decoding: Harbor decodes it once more. @throws 400 */
export function parseQuery(q: string | undefined): readonly Condition[] {
    if (q === undefined || q === "") return [];
    return decoded(q)
        .split(",")
        .map((part) => {
            const at = part.indexOf("=");
            const [key, value] = at < 0 ? ["", ""] : [part.slice(0, at), part.slice(at + 1)];
            if (key === "" || value === "")
                throw badRequest('the query string must contain "=" and the key/value cannot be empty');
            const match = parseMatch(value);
            if (match === undefined) throw badRequest(`invalid query string value: ${value}`);
            return { key: snakeCase(key), match };
        });
}

/** As Go's url.QueryUnescape: "+" is a space, and what is no encoding stays as it is. */
function decoded(text: string): string {
    try {
        return decodeURIComponent(text.replaceAll("+", " "));
    } catch (error) {
        if (error instanceof URIError) return text;
        throw error;
    }
}

function parseMatch(value: string): Condition["match"] | undefined {
    const inner = value.slice(1, -1);
    switch (value.charAt(0)) {
        case "~":
            return value.length < 2 ? undefined : { kind: "fuzzy", value: value.slice(1) };
        case "[": {
            const [min = "", max = ""] = inner.split("~").map((one) => one.trim());
            const wrong = !value.endsWith("]") || value.split("~").length !== 2 || (min === "" && max === "");
            return wrong ? undefined : { kind: "range", ...(min && { min }), ...(max && { max }) };
        }
        case "{":
        case "(": {
            const kind = value.startsWith("{") ? "any" : "all";
            if (!value.endsWith(kind === "any" ? "}" : ")")) return undefined;
            const values = inner.split(" ").map((one) => one.trim().replace(/^["']+|["']+$/g, ""));
            return { kind, values: values.filter((one) => one !== "") };
        }
        default:
            return { kind: "exact", value: value.startsWith("\\") ? value.slice(1) : value };
    }
}

/** ProjectID and project_id, Level and level: Harbor takes the field's name and the column's. */
export function snakeCase(key: string): string {
    return key.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
}

export interface Sorting {
    readonly key: string;
    readonly descending: boolean;
}

/** `sort=name,-creation_time`. */
export function parseSort(sort: string | undefined): readonly Sorting[] {
    if (sort === undefined || sort === "") return [];
    return sort.split(",").map((key) => ({ key: snakeCase(key.replace(/^-/, "")), descending: key.startsWith("-") }));
}
