import { parse, SemVer } from "semver";
import { harborReleases } from "../../config/catalogue";
import { ExitCode, UserError } from "../../lib/errors";

/** Harbor's version of what `/systeminfo` says: `v2.15.2-080b0220`. @throws UserError for what is none */
export function parseHarborVersion(text: string): SemVer {
    // What stands behind the dash is a commit, no pre-release: v2.15.2-080b0220 is 2.15.2. A release candidate is named
    // v2.16.0-rc1-..., and has what its release has.
    const [, plain = ""] = /^v?(\d+\.\d+\.\d+)/.exec(text) ?? [];
    const version = parse(plain);
    if (version === null) {
        throw new UserError(`Harbor says that its version is ${JSON.stringify(text)}, which is none`, {
            details: ["a build of one's own, or another program"],
            next: ["use a release of Harbor"],
        });
    }
    return version;
}

/** @throws UserError for a version below the oldest one of the catalogue, and for another major version */
export function requireSupported(version: SemVer): void {
    const oldest = parse(harborReleases[0]?.harbor ?? "");
    if (oldest === null) throw new Error("the catalogue has no release");
    const first = new SemVer(`${String(oldest.major)}.${String(oldest.minor)}.0`);
    if (version.major === first.major && version.compare(first) >= 0) return;
    throw new UserError(`Harbor ${version.version} is not supported`, {
        details: [
            `supported: ${String(first.major)}.${String(first.minor)} and newer of version ${String(first.major)}`,
        ],
        next: ["upgrade Harbor two minor versions at a time at most"],
        exitCode: ExitCode.failed,
    });
}

/** @throws UserError where the server is older than a feature. @param feature as in "CA of a registry" */
export function requireVersion(version: SemVer, from: string, feature: string): void {
    if (version.compare(from) >= 0) return;
    throw new UserError(`${feature} needs Harbor ${from}, and this one is ${version.version}`, {
        next: [`upgrade Harbor to ${from} or newer, or go without`],
        exitCode: ExitCode.refused,
    });
}
