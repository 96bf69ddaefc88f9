/**
 * Every version of Harbor and its platform that we pin, dated and sourced. The versions of the lab's binaries
 * stand in lab/tools/<name>/go.mod, those of npm packages in package.json.
 */

/** When the entries below were last compared with their sources. */
export const checkedOn = "2026-11-23";

export interface HarborRelease {
    /** Harbor's own version. */
    readonly harbor: string;
    /** The version of the official chart that installs it. */
    readonly chart: string;
    readonly source: string;
}

const source = "goharbor/harbor-helm, tags and release branches";

/** Oldest first. */
export const harborReleases: readonly HarborRelease[] = [
    { harbor: "2.12.2", chart: "1.16.2", source },
    { harbor: "2.13.1", chart: "1.17.1", source },
    { harbor: "2.14.4", chart: "1.18.4", source },
    { harbor: "2.15.1", chart: "1.19.1", source },
    { harbor: "2.15.2", chart: "1.19.2", source: `${source} (1.19.2: branch 1.19.0; harbor#23735)` },
];

/** What a new stack gets. A patch release may change the bundled database's engine: see docs on upgrades. */
export const defaultHarborVersion = "2.15.2";

export function findHarborRelease(harbor: string): HarborRelease | undefined {
    return harborReleases.find((release) => release.harbor === harbor);
}

export const harborChart = {
    name: "harbor",
    /** https://github.com/goharbor/harbor-helm, README */
    repository: "https://helm.goharbor.io",
} as const;

/** Image of KinD's nodes; kind v0.32.0 was released with it (kubernetes-sigs/kind, release notes). */
export const kindNodeImage = "kindest/node:v1.36.1";
