import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { codeOf } from "../lib/errors";
import { projectRoot } from "../lib/home";
import type { Settings } from "./schema";

export interface PortalFile {
    readonly type: "svg" | "png" | "ico";
    readonly content: Buffer;
}

export interface PortalFiles {
    readonly logo?: PortalFile;
    readonly favicon?: PortalFile;
}

/** Bytes that a ConfigMap may hold (k8s.io/api, MaxSecretSize), less room for setting.json. */
const limit = 1024 * 1024 - 4096;

const rules = {
    logo: { types: ["svg", "png"], words: "an SVG or PNG" },
    favicon: { types: ["ico", "png"], words: "an ICO or PNG" },
} as const;
type Setting = keyof typeof rules;

/**
 * The images of the portal, each read from its path (from the project's folder on), and a sentence for each that cannot
 * be taken.
 */
export function readPortalFiles(
    portal: Settings["portal"],
    root: string = projectRoot,
): { files: PortalFiles; mistakes: readonly string[] } {
    const read = (["logo", "favicon"] as const).flatMap((setting) => {
        const given = portal[setting];
        return given === undefined ? [] : [{ setting, given, outcome: readImage(setting, path.resolve(root, given)) }];
    });
    const mistakes = read.flatMap(({ setting, given, outcome }) =>
        typeof outcome === "string" ? [`portal.${setting} is ${JSON.stringify(given)}, ${outcome}`] : [],
    );
    const files = Object.fromEntries(
        read.flatMap(({ setting, outcome }) => (typeof outcome === "string" ? [] : [[setting, outcome]])),
    ) as PortalFiles;
    const total = (files.logo?.content.length ?? 0) + (files.favicon?.content.length ?? 0);
    if (total <= limit) return { files, mistakes };
    return {
        files,
        mistakes: [
            ...mistakes,
            `portal.logo and portal.favicon have ${kibibytes(total)} together, and ${tooLarge}: give smaller images`,
        ],
    };
}

const tooLarge = `the portal's ConfigMap holds ${kibibytes(limit)}`;

/** The image, or what is wrong with it. */
function readImage(setting: Setting, file: string): PortalFile | string {
    const { types, words } = rules[setting];
    let content: Buffer;
    try {
        const stat = statSync(file);
        if (!stat.isFile()) return `which is no file: give the path of ${words}`;
        if (stat.size > limit) return `which has ${kibibytes(stat.size)}, and ${tooLarge}: give a smaller image`;
        content = readFileSync(file);
    } catch (error) {
        if (codeOf(error) === "EACCES") return "which may not be read: allow it with chmod";
        if (codeOf(error) !== "ENOENT" && codeOf(error) !== "ENOTDIR") throw error;
        return `which does not exist: give a path from the project's folder on (${path.dirname(file)} was looked in)`;
    }
    const type = typeOf(content);
    return type !== undefined && (types as readonly string[]).includes(type)
        ? { type, content }
        : `which holds ${type === undefined ? "something else" : `an image of type ${type}`}: give ${words}, whatever its name`;
}

/** By what the file begins with: PNG's signature, ICO's header with an image in it, or SVG's root element. */
function typeOf(content: Buffer): PortalFile["type"] | undefined {
    if (content.subarray(0, 8).equals(Buffer.from("89504e470d0a1a0a", "hex"))) return "png";
    if (content.subarray(0, 4).equals(Buffer.from("00000100", "hex")) && content.length > 6 && content[4] !== 0)
        return "ico";
    return /^<svg[\s/>]/i.test(withoutProlog(content.toString("utf8"))) ? "svg" : undefined;
}

/** What may stand before the root element of an XML document: byte order mark, blanks, instructions, comments, DOCTYPE. */
function withoutProlog(text: string): string {
    let rest = text.replace(/^\uFEFF/, "").trimStart();
    for (;;) {
        const [token] = /^(<\?[^>]*\?>|<!--[^]*?-->|<!DOCTYPE[^>[]*(\[[^\]]*\])?[^>]*>)/i.exec(rest) ?? [];
        if (token === undefined) return rest;
        rest = rest.slice(token.length).trimStart();
    }
}

function kibibytes(bytes: number): string {
    return `${String(Math.ceil(bytes / 1024))} KiB`;
}
