import { at, containersOf, harborValues, isRelease, podSpecOf, textAt, type Json, type Resource } from "../resource";
import type { Rule } from "../rule";

export const imagesPinned: Rule = {
    name: "images-pinned",
    level: "mandatory",
    description: "The same program makes the same registry tomorrow: every image and chart has a version.",
    resource: (resource) => [
        ...containersOf(podSpecOf(resource)).flatMap(movingImage),
        ...chartVersion(resource),
        ...movingTags(harborValues(resource)),
    ],
};

function movingImage(container: Json): string[] {
    const image = textAt(container, "image");
    if (image === undefined || isPinned(image)) return [];
    return [
        `container ${textAt(container, "name") ?? ""} has the image ${image}: give it a tag other than latest, or a digest`,
    ];
}

/** By digest, or by a tag; a colon in what stands before the last slash is that of a port. */
function isPinned(image: string): boolean {
    if (image.includes("@sha256:")) return true;
    const tag = image.slice(image.lastIndexOf("/") + 1).split(":")[1];
    return tag !== undefined && tag !== "" && tag !== "latest";
}

/** A chart in a folder or a file is the version that it is. */
function chartVersion(resource: Resource): string[] {
    if (!isRelease(resource)) return [];
    const chart = textAt(resource.props, "chart") ?? "";
    const isFromRepository = chart.startsWith("oci://") || at(resource.props, "repositoryOpts", "repo") !== undefined;
    if (!isFromRepository || at(resource.props, "version") !== undefined) return [];
    return [`the chart ${chart} has no version: set one`];
}

/** `image.tag` of Harbor's own components: raw values may set it. */
function movingTags(values: Json | undefined): string[] {
    if (values === undefined) return [];
    const components = [
        "core",
        "jobservice",
        "portal",
        "nginx",
        "trivy",
        "exporter",
        "registry.registry",
        "registry.controller",
    ];
    return components
        .filter((component) => at(values, ...component.split("."), "image", "tag") === "latest")
        .map(
            (component) =>
                `values.${component}.image.tag is latest: leave it out, and the chart's own version is taken`,
        );
}
