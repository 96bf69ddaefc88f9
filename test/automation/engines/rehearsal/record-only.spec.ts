import assert from "node:assert/strict";
import { recordWarning, type EngineEvent, type PropertyChange } from "../../../../automation/engine";
import type { Deployment } from "../../../../automation/engines/rehearsal/deployment";
import { UncertainError, type Kind, type KindContext } from "../../../../automation/engines/rehearsal/kinds";
import { orRecord } from "../../../../automation/engines/rehearsal/record-only";
import type { ResourceRecord } from "../../../../automation/engines/rehearsal/state";

describe("a preview of a cluster that does not answer", () => {
    const silent: Kind = {
        diff: () => Promise.reject(new UncertainError("no answer from the API server 127.0.0.1:1")),
        planned: () => Promise.reject(new UncertainError("no answer from the API server 127.0.0.1:1")),
        create: () => Promise.reject(new Error("a preview makes nothing")),
    };
    const claim = { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "data" } };
    const context = { provider: {} } as KindContext;
    const old = { inputs: claim, outputs: {} } as unknown as ResourceRecord;
    const differs = (path: string): PropertyChange => ({ path, kind: "update", before: "a", after: "b" });

    function deploy(wanted: boolean): { readonly deployment: Deployment; readonly events: EngineEvent[] } {
        const events: EngineEvent[] = [];
        const options = { orRecord: wanted, onEvent: (event: EngineEvent) => events.push(event) };
        return { deployment: { options } as unknown as Deployment, events };
    }

    it("is made by the record, and warns once", async () => {
        const { deployment, events } = deploy(true);
        const kind = orRecord(silent, deployment);
        assert.deepEqual(await kind.diff(old, claim, [], context), { kind: "same", changes: [] });
        const size = [differs("spec.resources.requests.storage")];
        assert.deepEqual(await kind.diff(old, claim, size, context), { kind: "update", changes: size });
        const storageClass = await kind.diff(old, claim, [differs("spec.storageClassName")], context);
        assert.equal(storageClass.kind, "replace");
        assert.equal(storageClass.changes[0]?.replaces, true);
        assert.deepEqual(await kind.planned?.(claim, context), claim);
        assert.deepEqual(events, [{ kind: "diagnostic", severity: "warning", message: recordWarning }]);
    });

    it("fails as ever where nobody asked for the record, and for any other reason", async () => {
        await assert.rejects(orRecord(silent, deploy(false).deployment).diff(old, claim, [], context), /no answer/);
        const refusing: Kind = { ...silent, diff: () => Promise.reject(new Error("forbidden")) };
        await assert.rejects(orRecord(refusing, deploy(true).deployment).diff(old, claim, [], context), /forbidden/);
    });
});
