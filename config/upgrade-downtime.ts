import type { Settings } from "./schema";
import { updateStrategyOf } from "./update-strategy";
import type { UpgradeHop } from "./upgrade-plan";

/** One of Harbor's workloads, which a hop restarts: every image has another tag. */
export interface RestartedPart {
    readonly part: string;
    readonly replicas: number;
    /** rolling: a new pod is ready before an old one goes; recreate: all old pods go first. */
    readonly how: "rolling" | "recreate";
}

/** Seconds. An estimate by how the parts are replaced: nothing is measured, nothing is asked. */
export interface Seconds {
    readonly least: number;
    /** Absent: nobody can say, it grows with the data. */
    readonly most?: number;
}

/** What clients are expected to notice of one hop. */
export interface ExpectedDowntime {
    /** How long pulls fail; least and most 0: they are expected to go on. */
    readonly pulls: Seconds;
    /** Where the seconds come from: sentences. */
    readonly why: readonly string[];
    readonly restarts: readonly RestartedPart[];
}

/**
 * From the old pod's end to the new one's first answer, the images pulled already. Core answers a second after its start and
 * everything is healthy after 10 to 13 s (observed, Harbor 2.15.2); the chart asks for readiness every 10 s; a
 * terminating pod may take its time.
 */
const restart = { least: 10, most: 60 };

/** A pod of the internal database, as above; Harbor reconnects by itself. */
const databaseRestart = { least: 5, most: 60 };

/** What clients are expected to notice of a hop, by the settings alone. Pure. */
export function expectedDowntime(hop: UpgradeHop, settings: Settings): ExpectedDowntime {
    const causes = [
        ...(updateStrategyOf(settings) === "Recreate" ? [{ ...restart, why: recreated(settings) }] : []),
        ...(settings.database.kind === "internal" ? [internalDatabase(hop)] : []),
        ...(settings.cache.kind === "internal"
            ? [
                  {
                      ...databaseRestart,
                      why: "the internal cache is one pod: sessions end, and pulls wait until it is back",
                  },
              ]
            : []),
    ];
    // They restart at the same time, so the longest counts.
    const least = Math.max(0, ...causes.map((cause) => cause.least));
    const most = causes.some((cause) => cause.most === undefined)
        ? undefined
        : Math.max(0, ...causes.map((cause) => cause.most ?? 0));
    return {
        pulls: { least, ...(most === undefined ? {} : { most }) },
        why: causes.length > 0 ? causes.map(({ why }) => why) : [rolling(hop, settings)],
        restarts: restartedParts(settings),
    };
}

interface Cause extends Seconds {
    readonly why: string;
}

function recreated({ harbor }: Settings): string {
    const because =
        harbor.updateStrategy === undefined
            ? "the registry's volume is ReadWriteOnce: its old pod has to go before the new one comes"
            : 'harbor.updateStrategy is "Recreate": the registry\'s old pods go before the new ones come';
    return `${because}; longer where images have to be pulled first`;
}

function internalDatabase({ engineChange, migratesSchema }: UpgradeHop): Cause {
    if (engineChange !== undefined) {
        const { from, to } = engineChange;
        return {
            least: databaseRestart.least,
            why:
                `the internal database is rewritten from PostgreSQL ${String(from)} to ${String(to)} before it answers: ` +
                "seconds for a small one, and it grows with the data",
        };
    }
    const migration = migratesSchema ? ", and migrates the schema" : "";
    return { ...databaseRestart, why: `the internal database is one pod, and restarts${migration}` };
}

function rolling({ migratesSchema }: UpgradeHop, { harbor: { replicas } }: Settings): string {
    const pods = `core has ${pieces(replicas.core)}, the registry ${pieces(replicas.registry)}`;
    const between = migratesSchema
        ? "; old pods answer on the new schema meanwhile, which Harbor does not promise: some requests may fail"
        : "";
    return `a new pod is ready before an old one goes (${pods})${between}`;
}

function restartedParts(settings: Settings): RestartedPart[] {
    const { harbor, exposure, database, cache } = settings;
    const { replicas } = harbor;
    const rollingOne = (part: string, pods: number): RestartedPart => ({ part, replicas: pods, how: "rolling" });
    // A StatefulSet's pod goes before the next one of its name comes.
    const stateful = (part: string, pods: number): RestartedPart => ({ part, replicas: pods, how: "recreate" });
    // The chart's updateStrategy is that of the two that may have a volume.
    const mounting = updateStrategyOf(settings) === "Recreate" ? stateful : rollingOne;
    return [
        ...(exposure.kind === "ingress" || exposure.kind === "route" ? [] : [rollingOne("nginx", replicas.core)]),
        rollingOne("portal", replicas.portal),
        rollingOne("core", replicas.core),
        mounting("jobservice", replicas.jobservice),
        mounting("registry", replicas.registry),
        ...(harbor.trivy ? [stateful("trivy", replicas.trivy)] : []),
        ...(harbor.metrics ? [rollingOne("exporter", 1)] : []),
        ...(database.kind === "internal" ? [stateful("database", 1)] : []),
        ...(cache.kind === "internal" ? [stateful("redis", 1)] : []),
    ];
}

function pieces(replicas: number): string {
    return `${String(replicas)} pod${replicas === 1 ? "" : "s"}`;
}
