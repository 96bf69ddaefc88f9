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

/** Brings a freshly parsed object into its form, in place: nobody else holds it. */
export function tidy<T extends object>(raw: T, shape: Shape<T>): T {
    tidyAll([raw], shape);
    return raw;
}

/** The same for each object of a list; lists are long, so what is the same for all of them is done once. */
export function tidyAll<T extends object>(list: readonly T[], shape: Shape<T>): void {
    tidyEach(list as readonly Record<string, unknown>[], shape);
}

function tidyEach(list: readonly Record<string, unknown>[], { dates = [], defaults = {}, inner = {} }: AnyShape): void {
    const values = Object.entries(defaults);
    const shapes = Object.entries(inner);
    for (const object of list) {
        for (const key of dates) {
            const value = object[key];
            if (typeof value === "string" && value.startsWith(zeroDate)) Reflect.deleteProperty(object, key);
        }
        for (const [key, value] of values) object[key] ??= ownCopy(value);
        for (const [key, shape] of shapes) {
            const value = object[key];
            if (shape === undefined || typeof value !== "object" || value === null) continue;
            tidyEach((Array.isArray(value) ? value : [value]) as Record<string, unknown>[], shape);
        }
    }
}

/** A list that all objects shared could be changed by one of them. */
function ownCopy(value: unknown): unknown {
    return typeof value === "object" && value !== null ? structuredClone(value) : value;
}
