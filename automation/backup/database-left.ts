import type { StackOutputs } from "../../config/contract";
import type { ClusterDoor } from "../cluster-access";
import { clientLabel } from "./database-pod";
import { VeleroObjects } from "./velero-access";

/**
 * Removes client Pods of commands that were killed. Hold the lock: all that work on the database for longer than a moment do.
 * @returns how many there were
 */
export async function removeLeftClients(outputs: StackOutputs, door: ClusterDoor): Promise<number> {
    const objects = new VeleroObjects(outputs, outputs.namespace, door);
    const selector = Object.entries(clientLabel)
        .map(([name, value]) => `${name}=${value}`)
        .join(",");
    const stdout = await objects.kubectl("remove left database clients", [
        ...["delete", "pods", "-l", selector, "--ignore-not-found", "--wait=false", "-o", "name"],
    ]);
    return stdout.split("\n").filter((line) => line !== "").length;
}
