import { addressStages } from "./stages/addresses";
import { cacheStages } from "./stages/caches";
import { certificateStages } from "./stages/certificates";
import { databaseStages } from "./stages/databases";
import { definitionStages } from "./stages/definitions";
import { gatewayStages } from "./stages/gateways";
import { snapshotStages } from "./stages/snapshots";
import { stageObject } from "./stages/stage";
import { volumeStages } from "./stages/volumes";
import { nodeStage, podStages } from "./stages/workloads";

/**
 * The Stages of the lab: what a kubelet, a volume provisioner, a cloud and the operators would do. Those of operators come
 * into force when their definitions are there.
 * @param harbor whether the lab has a Harbor, which ends some pods by itself
 */
export function stages(harbor: boolean): object[] {
    const ofOperators = [...certificateStages, ...gatewayStages, ...databaseStages, ...cacheStages, ...snapshotStages];
    return [
        nodeStage,
        ...podStages(harbor),
        ...volumeStages,
        ...addressStages,
        ...definitionStages(ofOperators),
        ...ofOperators,
    ].map(stageObject);
}
