import { UserError } from "../../lib/errors";
import type { FakeDatabase } from "./upgrade-harbor";

/**
 * Brings an older schema forward, as golang-migrate does: it does nothing to a newer one, nor where it failed before.
 * @param broken the release whose migration fails
 */
export function migrate(database: FakeDatabase, release: string, broken: string | undefined): void {
    if (database.dirty || (database.schema !== undefined && numeric(database.schema) > numeric(release))) return;
    database.dirty = release === broken;
    if (!database.dirty && database.schema === undefined) database.projects = ["library"];
    database.schema = release;
}

/** The chart's Job that migrates the database before any pod is replaced. It outlives the command that has made it. */
export class UpgradeMigration {
    /** The release of one that has not come to its end. */
    private left: string | undefined;

    constructor(
        private readonly world: { readonly database: () => FakeDatabase; readonly broken: () => string | undefined },
    ) {}

    /** Helm makes it, in place of the last one, and waits for it. */
    run(release: string, tick: () => void): void {
        this.left = release;
        tick();
        if (!this.goOn()) throw new UserError(`the migration to ${release} failed`);
    }

    /** It tries as long as it is there, whoever watches. @returns whether the schema is that of its release */
    goOn(): boolean {
        if (this.left === undefined) return true;
        const database = this.world.database();
        migrate(database, this.left, this.world.broken());
        if (database.dirty || database.schema !== this.left) return false;
        this.left = undefined;
        return true;
    }

    end(): void {
        this.left = undefined;
    }
}

function numeric(version: string): number {
    const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
    return major * 1e6 + minor * 1e3 + patch;
}
