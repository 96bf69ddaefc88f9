/** How an object of Harbor's comes into the form that its type has. */
export interface Shape<T> extends AnyShape {
    /** Fields that are left out where their date is Harbor's zero, 0001-01-01. */
    readonly dates?: readonly (keyof T & string)[];
    /** What a field has where Harbor leaves it out: it sends no false, no zero and nothing that is empty. */
    readonly defaults?: Readonly<Partial<T>>;
    /** Objects, or lists of objects, within. */
    readonly inner?: Readonly<Partial<Record<keyof T & string, AnyShape>>>;
}

interface AnyShape {
    readonly dates?: readonly string[];
    readonly defaults?: object;
    readonly inner?: Readonly<Record<string, AnyShape | undefined>>;
}

/** Harbor's date for "never". */
const zeroDate = "0001-01-01";

/** Brings a freshly parsed object into its form, in place: nobody else holds it, and lists are long. */
export function tidy<T extends object>(raw: T, shape: Shape<T>): T {
    tidyAny(raw as Record<string, unknown>, shape);
    return raw;
}

function tidyAny(object: Record<string, unknown>, { dates, defaults, inner }: AnyShape): void {
    for (const key of dates ?? []) {
        const value = object[key];
        if (typeof value === "string" && value.startsWith(zeroDate)) Reflect.deleteProperty(object, key);
    }
    for (const [key, value] of Object.entries(defaults ?? {})) {
        object[key] ??= ownCopy(value);
    }
    for (const [key, shape] of Object.entries(inner ?? {})) {
        const value = object[key];
        if (shape === undefined || typeof value !== "object" || value === null) continue;
        for (const one of Array.isArray(value) ? value : [value]) tidyAny(one as Record<string, unknown>, shape);
    }
}

/** A list that all objects shared could be changed by one of them. */
function ownCopy(value: unknown): unknown {
    return typeof value === "object" && value !== null ? structuredClone(value) : value;
}
