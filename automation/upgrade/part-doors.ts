import { operatorCharts } from "../../config/catalogue";
import type { StackOutputs } from "../../config/contract";
import type { OperatorChange } from "../../config/upgrade-parts";
import { UserError } from "../../lib/errors";
import { ExecFailure, type Exec } from "../../lib/exec";
import { readLabEndpoints } from "../../lib/lab-endpoints";
import { waitFor } from "../../lib/wait";
import { VeleroObjects } from "../backup/velero-access";
import type { ClusterDoor } from "../cluster-access";
import { databaseObject, installedChart } from "./live-parts";
import type { PartDoors, ReleaseOptions, UpgradeDatabase } from "./upgrading";

export interface PartGround {
    readonly outputs: StackOutputs;
    readonly door: ClusterDoor;
    readonly exec: Exec;
    /** The chart of an operator, as helm takes it. */
    readonly chartArguments: (change: OperatorChange) => Promise<readonly string[]>;
    /** Milliseconds that the parts have to get there. */
    readonly waitMs: number;
    /** Milliseconds between two looks: each makes a client Pod beside the database. @default 3000 */
    readonly lookEveryMs?: number;
    readonly database: (update: (detail: string) => void) => Promise<UpgradeDatabase>;
    /** What the engine has on record of objects that were removed by hand is looked at again. */
    readonly forget: () => Promise<void>;
}

/** The real doors of the parts beside Harbor. */
export function partDoors(ground: PartGround): PartDoors {
    const { outputs, door } = ground;
    return {
        definitions: (operators, options) => bringDefinitions(operators, ground, options),
        dropDatabase: async ({ kind, name }) => {
            const objects = new VeleroObjects(outputs, outputs.namespace, door);
            const remove = (what: string, args: readonly string[]): Promise<string> =>
                objects.kubectl(what, ["delete", ...args, "--ignore-not-found", "--wait=true", "--timeout=300s"]);
            await remove("remove the database", [databaseObject(outputs).resource, name]);
            // Zalando's operator is told to keep volumes: by a person alone they are removed, or here, whose dump is verified.
            const label = kind === "zalando" ? `cluster-name=${name}` : `cnpg.io/cluster=${name}`;
            await remove("remove the database's volumes", ["persistentvolumeclaims", "-l", label]);
            await ground.forget();
        },
        arrived: async ({ operators, database }, side, options) => {
            for (const one of operators) await requireChart(one, one[side], ground, options);
            const arrived = operators.map((one) => `${one.id} ${one[side]}`);
            if (database === undefined) return arrived.join(", ");
            return [...arrived, await requireMajor(database[side], ground, options)].join(", ");
        },
    };
}

/** @returns the program, or undefined where there is none */
export async function findHelm({ cluster }: StackOutputs, exec: Exec): Promise<string | undefined> {
    if (cluster.kind === "lab") return (await readLabEndpoints(cluster.name)).tools.helm;
    try {
        await exec("helm", ["version", "--short"]);
        return "helm";
    } catch (error) {
        if (error instanceof ExecFailure) return undefined;
        throw error;
    }
}

/** Those that Helm made at the first install of a chart, and never changes. */
async function bringDefinitions(
    operators: readonly OperatorChange[],
    { outputs, door, exec, chartArguments }: PartGround,
    { signal, update }: ReleaseOptions,
): Promise<string | undefined> {
    const told: string[] = [];
    for (const one of operators.filter(({ id }) => operatorCharts[id].definitionsBeside === true)) {
        update(`${one.id} ${one.to}`);
        const helm = await findHelm(outputs, exec);
        if (helm === undefined) throw missingHelm(one);
        const { stdout } = await exec(helm, ["show", "crds", ...(await chartArguments(one))], { signal });
        const count = stdout.match(/^kind: CustomResourceDefinition\b/gm)?.length ?? 0;
        if (count === 0) continue;
        const objects = new VeleroObjects(outputs, operatorCharts[one.id].namespace, { ...door, signal });
        // Server-side: some are too large for the annotation that an ordinary apply writes.
        const args = ["apply", "--server-side", "--force-conflicts", "--field-manager=anchorage", "-f", "-"];
        await objects.kubectl(`bring the kinds of ${one.id} ${one.to} in`, args, stdout);
        told.push(`${String(count)} of ${one.id} ${one.to}`);
    }
    return told.length === 0 ? "the charts bring them themselves" : told.join(", ");
}

export function missingHelm({ id, to }: OperatorChange): UserError {
    return new UserError(`helm is needed: it reads the kinds out of the chart of ${id} ${to}, and is not on PATH`, {
        next: ["install helm 3.2 or newer (https://helm.sh/docs/intro/install)"],
    });
}

async function requireChart(
    { id }: OperatorChange,
    version: string,
    { outputs, door, waitMs }: PartGround,
    { signal }: ReleaseOptions,
): Promise<void> {
    const objects = new VeleroObjects(outputs, operatorCharts[id].namespace, { ...door, signal });
    const found = await installedChart(objects, id);
    if (found !== version) {
        throw new UserError(`${id} is not ${version}`, { details: [`Helm installed ${found ?? "none"} last`] });
    }
    const seconds = String(Math.round(waitMs / 1000));
    await objects.kubectl(`see the pods of ${id} ready`, [
        ...["wait", "--for=condition=Available", `--timeout=${seconds}s`, "deployments", "--all"],
    ]);
}

/** Its operator works on its own: the server itself says when it is done. */
async function requireMajor(
    major: string,
    { outputs, waitMs, lookEveryMs = 3_000, database }: PartGround,
    { signal, update }: ReleaseOptions,
): Promise<string> {
    // One server stands there for every version of PostgreSQL: what it says is its own.
    if (outputs.cluster.kind === "lab") return `PostgreSQL ${major}, as its operator's object says`;
    let last = "";
    const look = async (): Promise<string | undefined> => {
        const client = await database(update);
        try {
            last = await client.version();
        } finally {
            await client.close();
        }
        update(`the server is PostgreSQL ${last}`);
        return last.split(".")[0] === major ? last : undefined;
    };
    const version = await waitFor(look, {
        what: `the database to be PostgreSQL ${major}`,
        timeoutMs: waitMs,
        intervalMs: lookEveryMs,
        signal,
        describe: () => (last === "" ? "it does not answer" : `it is ${last}`),
    });
    return `PostgreSQL ${version}`;
}
