import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { hash } from "bcryptjs";
import { UserError } from "../../../../lib/errors";
import type { Kind, Made } from "../kinds";
import { isObject, list, text, type Value, type Values } from "../values";

/**
 * The provider takes 10. bcrypt in JavaScript then needs a tenth of a second for each password, used or not, and a
 * lab's random passwords are no easier to guess for it.
 */
const bcryptCost = 4;

/**
 * The package random (pulumi-random, on Terraform's provider of that name). A value is made once and kept;
 * every changed input makes a new one. All randomness is the operating system's.
 */
export const randomKinds: Readonly<Record<string, Kind>> = {
    RandomPassword: kind(async (news) => {
        const result = characters(news);
        return {
            id: "none",
            outputs: { result, bcryptHash: await hash(result, bcryptCost) },
            secretOutputs: ["result", "bcryptHash"],
        };
    }),
    RandomString: kind((news) => {
        const result = characters(news);
        return { id: result, outputs: { result } };
    }),
    RandomId: kind((news) => {
        const bytes = randomBytes(count(news, "byteLength", 1));
        const prefix = text(news, "prefix") ?? "";
        const b64Url = bytes.toString("base64url");
        return {
            id: b64Url,
            outputs: {
                b64Url: prefix + b64Url,
                b64Std: prefix + bytes.toString("base64"),
                hex: prefix + bytes.toString("hex"),
                dec: prefix + BigInt(`0x${bytes.toString("hex")}`).toString(10),
            },
        };
    }),
    RandomBytes: kind((news) => {
        const bytes = randomBytes(count(news, "length", 1));
        const outputs = { base64: bytes.toString("base64"), hex: bytes.toString("hex") };
        return { id: "none", outputs, secretOutputs: ["base64", "hex"] };
    }),
    RandomInteger: kind((news) => {
        const [min, max] = [number(news, "min"), number(news, "max")];
        if (max < min) throw new UserError(`max (${String(max)}) is less than min (${String(min)})`);
        const result = randomInt(min, max + 1);
        return { id: String(result), outputs: { result } };
    }),
    RandomPet: kind((news) => {
        const words = Array.from({ length: count(news, "length", 1, 2) }, (_, index, last = index === 0) =>
            pick(last ? animals : adjectives),
        ).reverse();
        const id = [...[text(news, "prefix")].filter((part) => part !== undefined), ...words].join(
            text(news, "separator") ?? "-",
        );
        return { id, outputs: {} };
    }),
    RandomUuid: kind(() => {
        const result = randomUUID();
        return { id: result, outputs: { result } };
    }),
    RandomShuffle: kind((news) => {
        const source = list(news, "inputs");
        const wished = news["resultCount"] === undefined ? source.length : count(news, "resultCount", 0);
        const results: Value[] = [];
        while (results.length < wished && source.length > 0) results.push(...shuffled(source));
        return { id: "-", outputs: { results: results.slice(0, wished) } };
    }),
};

function kind(make: (news: Values) => Made | Promise<Made>): Kind {
    return {
        diff: (_old, _news, inputDiff) =>
            Promise.resolve({
                kind: inputDiff.length > 0 ? "replace" : "same",
                changes: inputDiff.map((change) => ({ ...change, replaces: true })),
            }),
        async create(news) {
            const made = await make(news);
            return { ...made, outputs: { ...defaults(news), ...news, ...made.outputs } };
        },
    };
}

/** What the provider fills in for a password or text. */
function defaults(news: Values): Values {
    if (news["length"] === undefined || news["separator"] !== undefined) return {};
    return { lower: true, upper: true, numeric: true, number: true, special: true };
}

const classes = {
    lower: "abcdefghijklmnopqrstuvwxyz",
    upper: "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    numeric: "0123456789",
    special: "!@#$%&*()-_=+[]{}<>:?",
} as const;

/** `length` characters of the classes that are wanted, with at least `minX` of each class. */
export function characters(news: Values): string {
    const length = count(news, "length", 1);
    const numeric = news["numeric"] ?? news["number"] ?? true;
    const wanted = { lower: news["lower"], upper: news["upper"], numeric, special: news["special"] };
    const minimum = { lower: "minLower", upper: "minUpper", numeric: "minNumeric", special: "minSpecial" } as const;
    let alphabet = "";
    const chosen: string[] = [];
    for (const name of ["lower", "upper", "numeric", "special"] as const) {
        const set = name === "special" ? (text(news, "overrideSpecial") ?? classes.special) : classes[name];
        if (wanted[name] !== false) alphabet += set;
        const least = news[minimum[name]] === undefined ? 0 : count(news, minimum[name], 0);
        for (let index = 0; index < least; index++) chosen.push(pick(set));
    }
    if (chosen.length > length) throw new UserError(`length ${String(length)} is less than the sum of the minimums`);
    if (alphabet === "") throw new UserError("no class of characters is wanted: set lower, upper, numeric or special");
    while (chosen.length < length) chosen.push(pick(alphabet));
    return shuffled(chosen).join("");
}

function pick<T>(from: ArrayLike<T>): T {
    const found = from[randomInt(from.length)];
    if (found === undefined) throw new Error("nothing to choose from");
    return found;
}

/** Fisher and Yates. */
function shuffled<T>(source: readonly T[]): T[] {
    const result = [...source];
    for (let index = result.length - 1; index > 0; index--) {
        const other = randomInt(index + 1);
        const [a, b] = [result[index], result[other]];
        if (a !== undefined && b !== undefined) [result[index], result[other]] = [b, a];
    }
    return result;
}

function number(news: Values, key: string): number {
    const value = news[key];
    if (typeof value !== "number" || !Number.isInteger(value)) {
        throw new UserError(
            `${key} must be a whole number, and is ${isObject(value) ? "an object" : JSON.stringify(value)}`,
        );
    }
    return value;
}

function count(news: Values, key: string, least: number, otherwise?: number): number {
    if (news[key] === undefined && otherwise !== undefined) return otherwise;
    const value = number(news, key);
    if (value < least) throw new UserError(`${key} must be at least ${String(least)}, and is ${String(value)}`);
    return value;
}

const animals =
    "ant bear bee cat cod crab crow deer dog dove duck elk emu fox frog goat hare hawk ibis jay lark lion lynx mole moth mule newt orca owl pig pug ram rat seal shad swan toad vole wasp wolf wren yak".split(
        " ",
    );
const adjectives =
    "able apt bold brief brisk calm civil clean clear cosy crisp deep eager early easy exact fair fast firm fresh full glad grand keen kind large light loyal lucid mild neat noble proud quick quiet rapid ready rich sharp smart solid sound sunny sure tidy true vital warm wise witty".split(
        " ",
    );
