import type { Side, UpgradeRecord } from "../../automation/upgrade/record";
import type { PartDoors } from "../../automation/upgrade/upgrading";
import type { PartChanges } from "../../config/upgrade-parts";
import { UserError } from "../../lib/errors";

interface World {
    /** A PostgreSQL that its operator does not get to run. */
    broken(): string | undefined;
    /** The database's volumes are gone. */
    emptied(): void;
    /** @returns whether Harbor runs */
    changed(): boolean;
}

/** What a cluster has beside Harbor: an operator, and the PostgreSQL that it runs. It outlives the commands. */
export class UpgradeParts {
    /** PostgreSQL's major version: as its operator is asked for it, as its files are, as the settings say. */
    asked = "16";
    files = "16";
    settings = "17";
    operator = "0.28.0";
    /** Of operators, that were brought in. */
    readonly kinds: string[] = [];

    constructor(private readonly world: World) {}

    get runs(): boolean {
        return this.asked === this.files;
    }

    complaints({ hops }: UpgradeRecord): string[] {
        const { asked, files, settings, operator, kinds } = this;
        if (hops.every(({ parts }) => parts === undefined)) return [];
        return [
            ...(asked === files ? [] : [`PostgreSQL ${asked} is asked for, its files are of ${files}`]),
            // What the user asks for stays in the settings until the hop is rolled back.
            ...(settings === asked || hops.some(({ state }) => state === "waiting") ? [] : [`settings ${settings}`]),
            ...(operator === "0.28.0" || kinds.includes(operator) ? [] : ["an operator without its kinds"]),
        ];
    }

    doors(tick: () => void): PartDoors {
        return {
            definitions: (operators) => {
                tick();
                this.kinds.push(...operators.map(({ to }) => to));
                return Promise.resolve(undefined);
            },
            dropDatabase: () => {
                tick();
                this.world.emptied();
                this.files = "";
                return Promise.resolve();
            },
            arrived: ({ database }, side) => {
                tick();
                if (database?.[side] === this.files) return Promise.resolve("");
                return Promise.reject(new UserError(`the server is PostgreSQL ${this.files}`));
            },
        };
    }

    /** The operator rewrites files of an older version, makes new ones where there are none, and never goes back. */
    release({ operators, database }: PartChanges, side: Side, tick: () => void): Promise<undefined> {
        tick();
        this.operator = operators[0]?.[side] ?? this.operator;
        this.asked = database?.[side] ?? this.asked;
        if (this.asked !== this.world.broken() && Number(this.files) < Number(this.asked)) this.files = this.asked;
        const runs = this.world.changed();
        tick();
        if (!runs) return Promise.reject(new UserError(`PostgreSQL ${this.asked} was not ready`));
        return Promise.resolve(undefined);
    }
}
