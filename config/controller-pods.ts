import type { Settings } from "./schema";

/**
 * Pods of each operator and controller that the program installs, and of the proxy of its Gateway: two where Harbor itself
 * shall outlive a node.
 */
export function controllerPods({ harbor }: Settings): number {
    return harbor.replicas.core > 1 ? 2 : 1;
}
