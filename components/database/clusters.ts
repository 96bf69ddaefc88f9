import { images } from "../../config/catalogue";
import type { Settings } from "../../config/schema";
import type { ChartValues } from "../chart-values";
import { names } from "../names";
import { resourcesOf } from "../placement-resources";
import { spreadConstraints } from "../spread-constraints";

type Database = Settings["database"];
type Placement = Settings["placement"];

/** A PostgreSQL cluster as an operator reads it, and what Harbor needs to know of it. */
export interface DatabaseCluster {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: string;
    readonly spec: ChartValues;
    /** Holds when the cluster takes connections: the value of the annotation pulumi.com/waitFor. */
    readonly readyWhen: string;
    /** The Service of the primary. */
    readonly host: string;
    /** The Secret that the operator makes, with the owner's password as `password`. */
    readonly secret: string;
}

/** Owner of the database. */
export const owner = "harbor";

/** Harbor's database. */
export const database = "registry";

/** Clusters of the two operators. Pure; field names: their CustomResourceDefinitions of the catalogue's versions. */
export function databaseCluster(given: Database, placement: Placement): DatabaseCluster | undefined {
    switch (given.kind) {
        case "cloudnative-pg":
            return cloudNativePg(given, placement);
        case "zalando":
            return zalando(given, placement);
        default:
            return undefined;
    }
}

function cloudNativePg(given: Extract<Database, { kind: "cloudnative-pg" }>, placement: Placement): DatabaseCluster {
    const name = names.databaseCluster;
    const apart = given.instances > 1 && placement.spread !== "none";
    return {
        apiVersion: "postgresql.cnpg.io/v1",
        kind: "Cluster",
        name,
        readyWhen: "condition=Ready",
        host: `${name}-rw`,
        secret: `${name}-app`,
        spec: {
            instances: given.instances,
            imageName: images.cloudNativePg[given.version],
            storage: { size: given.size, ...classOf(given.storageClass) },
            bootstrap: { initdb: { database, owner } },
            postgresql: { parameters: { max_connections: String(given.maxConnections) } },
            // Its own way of keeping instances on different nodes is on by default, and not strict.
            affinity: {
                enablePodAntiAffinity: apart,
                ...(apart ? { podAntiAffinityType: placement.spread, topologyKey: "kubernetes.io/hostname" } : {}),
            },
            ...spreadConstraints(placement.spread, given.instances, { "cnpg.io/cluster": name }),
            ...resourcesOf("database", placement.resources),
            ...(placement.priorityClass === undefined ? {} : { priorityClassName: placement.priorityClass }),
        },
    };
}

function zalando(given: Extract<Database, { kind: "zalando" }>, placement: Placement): DatabaseCluster {
    const name = `${given.team}-postgresql`;
    return {
        apiVersion: "acid.zalan.do/v1",
        kind: "postgresql",
        name,
        readyWhen: "jsonpath={.status.PostgresClusterStatus}=Running",
        host: name,
        secret: `${owner}.${name}.credentials.postgresql.acid.zalan.do`,
        spec: {
            teamId: given.team,
            numberOfInstances: given.instances,
            volume: { size: given.size, ...classOf(given.storageClass) },
            users: { [owner]: [] },
            databases: { [database]: owner },
            postgresql: { version: given.version, parameters: { max_connections: String(given.maxConnections) } },
            // The labels that the operator gives its pods by default.
            ...spreadConstraints(placement.spread, given.instances, { application: "spilo", "cluster-name": name }),
            ...resourcesOf("database", placement.resources),
            ...(placement.priorityClass === undefined ? {} : { podPriorityClassName: placement.priorityClass }),
        },
    };
}

function classOf(storageClass: string | undefined): ChartValues {
    return storageClass === undefined ? {} : { storageClass };
}
