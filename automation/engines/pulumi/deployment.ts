import type { ResourceState } from "../../engine";
import { nameOf } from "./update-recorder";

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

/** Default providers are the engine's own: one for each package, made without the program's asking. */
const defaultProvider = /^default(_|$)/;

/** The resources of an exported stack, in its order: parents before children. */
export function resourcesOf(exported: string): ResourceState[] {
    const { deployment } = JSON.parse(exported) as Deployment;
    return (deployment?.resources ?? [])
        .filter((record) => record.delete !== true)
        .filter(({ type, urn }) => !(type.startsWith("pulumi:providers:") && defaultProvider.test(nameOf(urn))))
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
