import { z } from "zod";
import type { StackOutputs } from "../../config/contract";
import { requireBackup } from "../backup/stores";
import { VeleroObjects } from "../backup/velero-access";
import type { ClusterDoor } from "../cluster-access";

/** That a registry is being moved into the stack: kept in Velero's namespace, so that the same command once more goes on. */

const schema = z.object({
    /** Stack that is moved. */
    source: z.string().min(1),
    /** Backup set that is moved. */
    set: z.string().min(1),
});

export type MigrationRecord = Readonly<z.infer<typeof schema>>;

const name = "anchorage-migration";

export class MigrationRecords {
    private readonly objects: VeleroObjects;

    constructor(outputs: StackOutputs, door: ClusterDoor) {
        this.objects = new VeleroObjects(outputs, requireBackup(outputs).namespace, door);
    }

    /** @returns undefined where none is under way, or what is there is no record */
    async find(): Promise<MigrationRecord | undefined> {
        const found = await this.objects.get<{ readonly data?: unknown }>("configmaps", name);
        const read = schema.safeParse(found?.data);
        return read.success ? read.data : undefined;
    }

    async write(record: MigrationRecord): Promise<void> {
        const metadata = {
            name,
            namespace: this.objects.namespace,
            labels: { "app.kubernetes.io/managed-by": "anchorage" },
        };
        await this.objects.kubectl(
            "put the migration on record",
            ["apply", "-f", "-"],
            JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata, data: record }),
        );
    }

    async remove(): Promise<void> {
        await this.objects.remove("configmaps", name);
    }
}
