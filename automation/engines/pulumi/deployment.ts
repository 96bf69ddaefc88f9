import type { ResourceState } from "../../engine";
import { isDefaultProvider, nameOf } from "./update-recorder";

/** What `pulumi stack export` prints, as far as it is read here. */
interface Deployment {
    readonly deployment?: { readonly resources?: readonly ResourceRecord[] | null } | null;
}

interface ResourceRecord {
    readonly urn: string;
    readonly type: string;
    readonly id?: string;
    readonly parent?: string;
    readonly custom?: boolean;
    readonly protect?: boolean;
    /** Replaced already, still to be deleted: its successor has the same URN. */
    readonly delete?: boolean;
}

/** The resources of an exported stack, in its order: parents before children. */
export function resourcesOf(exported: string): ResourceState[] {
    const { deployment } = JSON.parse(exported) as Deployment;
    return (deployment?.resources ?? [])
        .filter((record) => record.delete !== true && !isDefaultProvider(record.urn))
        .map((record) => ({
            urn: record.urn,
            type: record.type,
            name: nameOf(record.urn),
            ...(record.parent ? { parent: record.parent } : {}),
            ...(record.id ? { id: record.id } : {}),
            custom: record.custom === true,
            protect: record.protect === true,
        }));
}
