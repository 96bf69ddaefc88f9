import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../lib/errors";
import type { ToolEntry, ToolTarget } from "./catalogue";
import { requirements } from "./modules";

/** What one binary is made of: two pins with the same key make binaries that do the same. */
export interface ToolPin {
    readonly target: ToolTarget;
    /** The value of `-ldflags`. */
    readonly ldflags: string;
    /** The least Go version that go.mod asks for: 1.26.0. */
    readonly goVersion: string;
    /** Name of the folder in the cache: `<version>-<os>-<arch>-<digest of go.mod, go.sum, ldflags>`. */
    readonly key: string;
}

/** Reads the version from the tool's go.mod, its only source. */
export async function readPin(entry: ToolEntry, machine: Omit<ToolTarget, "version">): Promise<ToolPin> {
    const [mod, sum] = await Promise.all(
        ["go.mod", "go.sum"].map((name) => readFile(path.join(entry.folder, name), "utf8")),
    );
    if (mod === undefined || sum === undefined) throw new Error("unreachable: two files were read");
    const version = requirements(mod).get(entry.module);
    if (version === undefined) {
        throw new Error(`${path.join(entry.folder, "go.mod")} does not require ${entry.module}`);
    }
    const ldflags = [
        "-s -w",
        ...Object.entries(entry.stamps(version)).map(([variable, value]) => `-X ${variable}=${value}`),
    ].join(" ");
    const digest = createHash("sha256").update([mod, sum, ldflags].join("\0")).digest("hex").slice(0, 12);
    return {
        target: { ...machine, version },
        ldflags,
        goVersion: /^go (\S+)/m.exec(mod)?.[1] ?? "",
        key: [version, machine.os, machine.arch, digest].join("-"),
    };
}

const systems: Readonly<Partial<Record<NodeJS.Platform, string>>> = { linux: "linux", darwin: "darwin" };
const architectures: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/** This machine in Go's words. @throws UserError where the lab cannot run */
export function thisMachine(
    platform: NodeJS.Platform = process.platform,
    arch: string = process.arch,
): Omit<ToolTarget, "version"> {
    const [os, goArch] = [systems[platform], architectures[arch]];
    if (os === undefined || goArch === undefined) {
        throw new UserError(`the lab does not run on ${platform}/${arch}`, {
            next: ["use Linux or macOS on x64 or arm64 (on Windows: WSL 2)"],
        });
    }
    return { os, arch: goArch };
}
