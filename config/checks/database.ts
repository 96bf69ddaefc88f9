import type { Settings } from "../schema";

/** What Harbor and its drivers cannot do with a database. */
export function checkDatabase({ database }: Settings): string[] {
    void database;
    return [];
}
