import { operatorCharts } from "../../config/catalogue";
import type { StackOutputs } from "../../config/contract";
import { neededOperators } from "../../config/needed-operators";
import type { Settings } from "../../config/schema";
import type { OperatorId } from "../../config/schema/operators";
import type { LiveDatabase, LiveParts } from "../../config/upgrade-parts";
import { VeleroObjects } from "../backup/velero-access";
import type { ClusterDoor } from "../cluster-access";
import { decodedRelease, helmRevisions, type RevisionObjects } from "../helm-records";

/** Which versions the parts beside Harbor have. @throws UserError where the cluster does not answer */
export async function readLiveParts(settings: Settings, outputs: StackOutputs, door: ClusterDoor): Promise<LiveParts> {
    const operators: Partial<Record<OperatorId, string>> = {};
    for (const id of neededOperators(settings)) {
        if (settings.operators[id].installed) continue;
        const version = await installedChart(new VeleroObjects(outputs, operatorCharts[id].namespace, door), id);
        if (version !== undefined) operators[id] = version;
    }
    const database = await liveDatabase(outputs, door);
    const nodes = settings.cluster.kind === "kind" ? await nodeVersion(outputs, door) : undefined;
    return {
        operators,
        ...(database === undefined ? {} : { database }),
        ...(nodes === undefined ? {} : { nodes }),
    };
}

/** Version of the chart that Helm installed last; undefined where it installed none. */
export async function installedChart(objects: RevisionObjects, release: string): Promise<string | undefined> {
    const last = (await helmRevisions(objects, release)).at(-1);
    if (last === undefined) return undefined;
    const { chart } = decodedRelease(last.data["release"] ?? "") as {
        readonly chart?: { readonly metadata?: { readonly version?: string } };
    };
    return chart?.metadata?.version;
}

/** The operator's object of a PostgreSQL cluster, by the Service that Harbor has. */
export function databaseObject({ database }: StackOutputs): { readonly resource: string; readonly name: string } {
    return database?.kind === "cloudnative-pg"
        ? { resource: "clusters.postgresql.cnpg.io", name: database.host.replace(/-rw$/, "") }
        : { resource: "postgresqls.acid.zalan.do", name: database?.host ?? "" };
}

/** The PostgreSQL cluster of an operator, as its object says. @returns undefined where there is none */
export async function liveDatabase(outputs: StackOutputs, door: ClusterDoor): Promise<LiveDatabase | undefined> {
    const kind = outputs.database?.kind;
    if (kind !== "cloudnative-pg" && kind !== "zalando") return undefined;
    const { resource, name } = databaseObject(outputs);
    const found = await new VeleroObjects(outputs, outputs.namespace, door).get<{
        readonly spec: { readonly imageName?: string; readonly postgresql?: { readonly version?: string } };
    }>(resource, name);
    const major =
        kind === "zalando" ? found?.spec.postgresql?.version : /:(\d+)\./.exec(found?.spec.imageName ?? "")?.[1];
    return major === undefined ? undefined : { kind, name, major };
}

async function nodeVersion(outputs: StackOutputs, door: ClusterDoor): Promise<string | undefined> {
    const form = "jsonpath={.items[0].status.nodeInfo.kubeletVersion}";
    const stdout = await new VeleroObjects(outputs, outputs.namespace, door).kubectl("read the cluster's nodes", [
        ...["get", "nodes", "-o", form],
    ]);
    return stdout.trim() === "" ? undefined : stdout.trim();
}
