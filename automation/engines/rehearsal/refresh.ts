import type { Deployment } from "./deployment";
import { diffValues } from "./diff";
import { loadKind } from "./kinds";
import type { ResourceRecord } from "./state";
import { markSecrets, secretKeys } from "./values";

/** Reads every live resource into the record; what is gone is dropped, so that the next update makes it again. */
export async function refresh(deployment: Deployment): Promise<void> {
    await Promise.all(deployment.state.records.map((record) => refreshOne(deployment, record)));
    await deployment.state.save();
}

async function refreshOne(deployment: Deployment, record: ResourceRecord): Promise<void> {
    const { state } = deployment;
    const { id } = record;
    if (!record.custom || id === undefined || record.condemned === true || deployment.stopped) {
        deployment.addChange(record, "same");
        return;
    }
    const started = performance.now();
    const elapsed = (): { elapsedMs: number } => ({ elapsedMs: performance.now() - started });
    try {
        const kind = loadKind(record.type);
        const context = deployment.context(record, "refresh", false);
        const live = kind.read ? await kind.read({ ...record, id }, context) : undefined;
        if (kind.read && !live) {
            state.remove(record);
            deployment.addChange(record, "delete");
            deployment.event(record, "done", "delete", elapsed());
            return;
        }
        const secretOutputs = [...secretKeys(record.outputs), ...(live?.secretOutputs ?? [])];
        const outputs = live ? markSecrets(live.outputs, secretOutputs) : record.outputs;
        const changes = (kind.visible ?? diffValues)(record.outputs, outputs);
        state.put({ ...record, outputs }, record);
        deployment.addChange(record, changes.length > 0 ? "update" : "same", changes);
        deployment.event(record, "done", changes.length > 0 ? "update" : "same", elapsed());
    } catch (error) {
        deployment.fail(record, "refresh", error, performance.now() - started);
    }
}
