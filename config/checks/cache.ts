import type { Settings } from "../schema";

/** What Harbor and its chart cannot do with a Redis. */
export function checkCache({ cache }: Settings): string[] {
    void cache;
    return [];
}
