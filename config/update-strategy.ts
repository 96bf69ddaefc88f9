import type { Settings } from "./schema";

/**
 * How Harbor's pods are replaced: Recreate where the new pod could not mount what the old one still holds
 * (harbor-helm#2288). Pure.
 */
export function updateStrategyOf({ harbor, storage }: Settings): "Recreate" | "RollingUpdate" {
    const single = storage.kind === "volume" && storage.accessMode === "ReadWriteOnce";
    return harbor.updateStrategy ?? (single ? "Recreate" : "RollingUpdate");
}
