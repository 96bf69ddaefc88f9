import type { CallOptions } from "../../harbor/client/deadline";
import { isHarborError } from "../../harbor/client/errors";
import { digestOf } from "../../harbor/registry/image";
import { parseRepositoryName } from "../../harbor/client/repositories";
import type { Step } from "../steps";
import { imageName, projectPrefix, wrong, type Verification } from "./verification";

/** Milliseconds after which a project of another verification is one that was killed. */
const leftOverMs = 3_600_000;

/** Health, login, and an image's way in and out. */
export function registrySteps(verification: Verification): Step[] {
    const { harbor, registry, target, project, repository, tag, image } = verification;
    const name = imageName(verification);
    const digest = digestOf(image.manifest);
    return [
        {
            id: "health",
            title: "ask for the health of every component",
            plan: `${target.url}/api/v2.0/health`,
            run: async ({ signal }) => {
                const { components } = await harbor.system.requireHealthy({ signal });
                return components.map(({ name: component }) => component).join(", ");
            },
        },
        {
            id: "login",
            title: "log in",
            plan: `as ${target.user} to the API, and as a container client does`,
            run: ({ signal }) => logIn(verification, signal),
        },
        {
            id: "left-over",
            title: "delete what a killed verification left",
            plan: `projects ${projectPrefix}... that are older than an hour`,
            goOn: true,
            needs: ["login"],
            run: ({ signal }) => deleteLeftOver(verification, signal),
        },
        {
            id: "project",
            title: "make a project",
            plan: `${project}, private; deleted at the end with all that is in it`,
            needs: ["login"],
            run: async ({ signal }) => {
                await harbor.projects.create({ project_name: project, metadata: { public: "false" } }, { signal });
                return project;
            },
            undo: {
                title: "delete the project",
                when: "always",
                run: ({ signal }) => deleteProject(verification, project, { signal }),
            },
        },
        {
            id: "push",
            title: "push an image",
            plan: `${name}:${tag}, of ${String(image.layer.length)} bytes`,
            needs: ["project"],
            run: () => registry.push(name, tag, image),
        },
        {
            id: "pull",
            title: "pull it by its digest",
            plan: "manifest, configuration and layer, each compared with its digest",
            needs: ["push"],
            run: async () => {
                const manifest = await registry.pullManifest(name, digest);
                await registry.pullBlob(name, digestOf(image.config));
                const layer = await registry.pullBlob(name, image.layerDigest);
                if (!manifest.equals(image.manifest) || !layer.equals(image.layer))
                    throw wrong("another image came back");
                return digest;
            },
        },
        {
            id: "tags",
            title: "list its tags",
            plan: "by the registry's protocol and by Harbor's API, which have to agree",
            goOn: true,
            needs: ["push"],
            run: async ({ signal }) => {
                const listed = await registry.tags(name);
                const artifact = await harbor.artifacts.get({ project, repository, reference: digest }, {}, { signal });
                const known = artifact.tags.map((one) => one.name);
                if (listed.join() !== tag || known.join() !== tag) {
                    throw wrong(`the image has the tag ${tag}, and other ones are listed`, [
                        `the registry: ${listed.join(", ") || "none"}`,
                        `Harbor: ${known.join(", ") || "none"}`,
                    ]);
                }
                return tag;
            },
        },
    ];
}

async function logIn({ harbor, registry, target }: Verification, signal: AbortSignal): Promise<string> {
    const user = await harbor.users.current({ signal });
    await harbor.requireSupported({ signal });
    const { version } = await harbor.version({ signal });
    await registry.login();
    const declared = target.outputs.release.harborVersion;
    if (target.withoutEntry === undefined && version !== declared) {
        throw wrong(
            `Harbor ${version} answers, and the stack declares ${declared}`,
            ["an update that is under way, or another Harbor on that address"],
            ["npx anchorage status"],
        );
    }
    const { read_only } = await harbor.system.info({ signal });
    if (read_only === true) {
        throw wrong(
            "the registry is in read-only mode: nothing can be pushed",
            ["a backup that is under way, or one that was killed"],
            ["wait for it, or set read_only to false in Harbor's configuration"],
        );
    }
    return `${user.username}, Harbor ${version}`;
}

async function deleteLeftOver(verification: Verification, signal: AbortSignal): Promise<string> {
    const { harbor, project } = verification;
    let deleted = 0;
    for (const found of await harbor.projects.list({ name: projectPrefix }, { signal }).toArray()) {
        const age = Date.now() - Date.parse(found.creation_time ?? "");
        if (!found.name.startsWith(projectPrefix) || found.name === project || !(age > leftOverMs)) continue;
        await deleteProject(verification, found.name, { signal });
        deleted++;
    }
    return deleted === 0 ? "nothing" : `${String(deleted)} project${deleted === 1 ? "" : "s"}`;
}

/** With its repositories, which Harbor wants gone first. Nothing where there is no such project. */
async function deleteProject({ harbor }: Verification, project: string, options: CallOptions): Promise<void> {
    try {
        for (const { name } of await harbor.repositories.list(project, options).toArray()) {
            await harbor.repositories.delete(parseRepositoryName(name), options);
        }
        await harbor.projects.delete(project, options);
    } catch (error) {
        // 403 is what Harbor answers for the repositories of a project that is not there.
        if (isHarborError(error, "not-found")) return;
        if (isHarborError(error, "forbidden") && !(await harbor.projects.exists(project, options))) return;
        throw error;
    }
}
