import { images, minioRetired, operatorCharts, type Retired } from "../../config/catalogue";
import { containersOf, isRelease, podSpecOf, textAt, type Resource } from "../resource";
import type { Rule } from "../rule";

export const noRetiredPart: Rule = {
    name: "no-retired-part",
    level: "advisory",
    description: "What its makers gave up gets no more fixes.",
    resource: (resource) => [...retiredChart(resource), ...retiredImage(resource)],
};

function retiredChart(resource: Resource): string[] {
    if (!isRelease(resource)) return [];
    const { props } = resource;
    const repository = textAt(props, "repositoryOpts", "repo");
    const chart = textAt(props, "chart")?.split(/[\\/]/).at(-1);
    return Object.values(operatorCharts)
        .filter(
            (known) =>
                (known.folder ?? known.chart) === chart || (known.chart === chart && known.repository === repository),
        )
        .flatMap(({ retired }) => (retired === undefined ? [] : [sentence(chart ?? "", retired)]));
}

function retiredImage(resource: Resource): string[] {
    const given = containersOf(podSpecOf(resource)).map((container) => textAt(container, "image"));
    return given.includes(images.minio) ? [sentence("MinIO", minioRetired)] : [];
}

function sentence(what: string, { since, why, instead }: Retired): string {
    return `${what} is retired since ${since}: ${why}; take ${instead}`;
}
