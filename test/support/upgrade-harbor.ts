import type { OpenHarbor } from "../../automation/restore/restoration";
import type { Prober } from "../../automation/upgrade/prober";
import { HarborError } from "../../harbor/client/errors";
import { digestOf, type Image } from "../../harbor/registry/image";
import { UserError } from "../../lib/errors";

const queues = ["SCHEDULER", "REPLICATION", "GARBAGE_COLLECTION"];
export const schedule = { vendor_type: "SYSTEM_ARTIFACT_CLEANUP", vendor_id: 1, cron: "0 0 0 * * *" };

/** What a database holds. */
export interface FakeDatabase {
    /** The release whose schema it has; undefined: it is empty. */
    schema: string | undefined;
    dirty: boolean;
    projects: string[];
    /** repository -> digests */
    artifacts: Record<string, string[]>;
    readOnly: boolean;
    paused: string[];
    schedules: (typeof schedule)[];
}

export interface FakeHarborOptions {
    /** By their digest: the registry's bucket. */
    readonly manifests: Map<string, Image>;
    readonly state: () => FakeDatabase;
    readonly version: () => string;
    readonly guard: () => void;
}

const closed = new WeakSet<OpenHarbor>();

/** A client that pulls and pushes all the while: from the moment on at which it is closed nothing works. */
export function fakeProber(harbor: OpenHarbor): Pick<Prober, "stop"> {
    return {
        stop: () => {
            const seconds = closed.has(harbor) ? 1 : 0;
            return Promise.resolve({ pulls: { seconds, longest: seconds }, pushes: { seconds: 1, longest: 1 } });
        },
    };
}

/** The clients of a Harbor that is nothing but its database and its images. @param guard throws where it does not answer */
export function fakeHarbor({ manifests, state, version, guard }: FakeHarborOptions): OpenHarbor {
    const asked = <T>(work: () => T): Promise<T> => {
        guard();
        return Promise.resolve().then(work);
    };
    const writing = <T>(work: () => T): Promise<T> =>
        asked(() => {
            if (state().readOnly) throw new UserError("DENIED: read only");
            return work();
        });
    const listing = (items: () => readonly object[]): unknown => ({
        toArray: () => asked(() => [...items()]),
        // oxlint-disable-next-line typescript/require-await -- an iterator as the client has it
        async *[Symbol.asyncIterator]() {
            yield* items();
        },
    });
    const component = { name: "core", status: "healthy" };
    const client = {
        version: () => asked(() => ({ version: version() })),
        system: {
            info: () => asked(() => ({ read_only: state().readOnly })),
            health: () => asked(() => ({ status: "healthy", components: [component] })),
            requireHealthy: () => asked(() => ({ status: "healthy", components: [component] })),
        },
        configurations: { setReadOnly: (on: boolean) => asked(() => (state().readOnly = on)) },
        jobservice: {
            queues: () =>
                asked(() =>
                    [...queues, "WEBHOOK"].map((job_type) => ({
                        job_type,
                        paused: state().paused.includes(job_type),
                    })),
                ),
            act: (name: string, action: string) =>
                writing(() => {
                    const others = state().paused.filter((one) => one !== name);
                    state().paused = action === "pause" ? [...others, name].sort() : others;
                }),
            busyWorkers: () => asked(() => []),
        },
        schedules: { list: () => listing(() => state().schedules) },
        projects: {
            create: ({ project_name: name }: { project_name: string }) =>
                writing(() => {
                    if (state().projects.includes(name)) {
                        throw new HarborError("conflict", { kind: "conflict", endpoint: "POST /projects" });
                    }
                    state().projects.push(name);
                }),
            exists: (name: string) => asked(() => state().projects.includes(name)),
            delete: (name: string) =>
                writing(() => (state().projects = state().projects.filter((one) => one !== name))),
        },
        repositories: {
            list: (project: string) =>
                listing(() =>
                    Object.keys(state().artifacts)
                        .filter((name) => name.startsWith(`${project}/`))
                        .map((name) => ({ name })),
                ),
            listAll: () => listing(() => Object.keys(state().artifacts).map((name) => ({ name }))),
            delete: ({ project, repository }: { project: string; repository: string }) =>
                writing(() => Reflect.deleteProperty(state().artifacts, `${project}/${repository}`)),
        },
        artifacts: {
            list: ({ project, repository }: { project: string; repository: string }) =>
                listing(() =>
                    (state().artifacts[`${project}/${repository}`] ?? []).map((digest) => ({
                        digest,
                        manifest_media_type: "application/vnd.oci.image.manifest.v1+json",
                    })),
                ),
        },
    };
    const registry = {
        push: (repository: string, _tag: string, image: Image) =>
            writing(() => {
                const digest = digestOf(image.manifest);
                manifests.set(digest, image);
                const { artifacts } = state();
                artifacts[repository] = [...new Set([...(artifacts[repository] ?? []), digest])];
                return digest;
            }),
        pullManifest: (repository: string, digest: string) =>
            asked(() => {
                const image = manifests.get(digest);
                if (image === undefined || state().artifacts[repository]?.includes(digest) !== true) {
                    throw new HarborError("not there", { kind: "not-found", endpoint: "GET manifest" });
                }
                return image.manifest;
            }),
        pullBlob: (_repository: string, digest: string) =>
            asked(() => {
                for (const { config, layer, layerDigest } of manifests.values()) {
                    if (layerDigest === digest) return layer;
                    if (digestOf(config) === digest) return config;
                }
                throw new HarborError("not there", { kind: "not-found", endpoint: "GET blob" });
            }),
    };
    const close = (): Promise<void> => {
        closed.add(harbor);
        return Promise.resolve();
    };
    const harbor = { url: "http://harbor", client, registry, close } as unknown as OpenHarbor;
    return harbor;
}
