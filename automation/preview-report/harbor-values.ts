import type { PropertyChange } from "../engine";
import { dangerous, difference, interrupting, plainChange, type Effect } from "./effects";

/** What a difference in the values of Harbor's chart does. The first rule that fits counts. */
interface ValueRule {
    readonly path: RegExp;
    readonly effect: (match: RegExpExecArray, property: PropertyChange) => Effect;
}

const component = "(core|portal|registry|jobservice|trivy|nginx|exporter|redis|database)";

/** What the pods are to those who push and pull. */
const rolling: Readonly<Record<string, string>> = {
    core: "none with two pods or more, up to a minute with one",
    registry: "none with two pods or more, up to a minute with one; a push that is under way is tried again",
    nginx: "none with two pods or more, seconds with one",
    portal: "none for container clients, seconds for the portal",
    jobservice: "none for push and pull; jobs wait up to a minute",
    trivy: "none for push and pull; scans wait up to a minute",
    exporter: "none; metrics are missing for seconds",
    redis: "about a minute: logins and the queue of jobs wait for it",
    database: "about a minute: nothing works without it",
};

function restart(name: string): Effect {
    const single = name === "redis" || name === "database";
    const words = single ? `restarts the ${name}'s one pod` : `restarts ${name} one pod at a time`;
    return interrupting(`restart-${name}`, words, rolling[name] ?? "up to a minute");
}

const volumes: Readonly<Record<string, readonly [called: string, loss: string]>> = {
    database: ["the database volume", "data loss"],
    registry: ["the volume of the images", "all images are lost"],
    redis: ["the volume of Redis", "jobs that wait are lost"],
    jobservice: ["the volume of job logs", "logs of jobs are lost"],
    trivy: ["the volume of the vulnerability database", "it is fetched anew"],
};

/** A claim template cannot be changed in place: whatever is said of it, the volume has to be made anew. */
function volume(name: string): Effect {
    const [called, loss] = volumes[name] ?? [`the volume of ${name}`, "data loss"];
    const id = `${name}-volume`;
    if (name === "database" || name === "registry") {
        return dangerous(id, `replaces ${called}: ${loss}`, "until its content is restored", {
            cost: `a new volume; what is in the old one has to be restored from a backup`,
        });
    }
    return interrupting(id, `replaces ${called}: ${loss}`, rolling[name] ?? "minutes", { cost: "a new volume" });
}

const valueRules: readonly ValueRule[] = [
    {
        path: /^values\.persistence\.persistentVolumeClaim\.(\w+)\b/,
        effect: ([, name = ""]) => volume(name),
    },
    {
        path: /^values\.persistence\.enabled$/,
        effect: () => dangerous("volumes", "takes the volumes away, or new ones: data loss", "until it is restored"),
    },
    {
        path: /^values\.persistence\.imageChartStorage\.[\w.]*(secret|password|key)/i,
        effect: () => restart("registry"),
    },
    {
        path: /^values\.persistence\.imageChartStorage\./,
        effect: () =>
            dangerous(
                "image-storage",
                "has the registry look for images elsewhere: those of the old place are not found",
                "until the images are copied over",
                { cost: "a copy of every image" },
            ),
    },
    {
        path: /^values\.database\.(type|external\.(host|port|coreDatabase))$/,
        effect: () =>
            dangerous(
                "database-place",
                "has Harbor use another database: projects, users and robots of the old one are not in it",
                "minutes, and until the data is moved over",
                { cost: "a migration of the database" },
            ),
    },
    {
        path: /^values\.(existingSecretSecretKey|secretKey)$/,
        effect: () =>
            dangerous(
                "encryption-key",
                "changes the key that Harbor encrypts with: stored passwords of registries and robots are lost",
                "up to a minute",
            ),
    },
    {
        path: /^values\.redis\.(type|external\.)/,
        effect: () =>
            interrupting(
                "cache-place",
                "has Harbor use another Redis: users log in again, jobs that wait are lost; restarts every component",
                "up to a minute",
            ),
    },
    {
        path: /^values\.(externalURL|expose)\b/,
        effect: () =>
            interrupting(
                "address",
                "changes how clients reach the registry: the address, the certificate or the way in",
                "until the new address answers; clients of an old one have to be told",
            ),
    },
    {
        path: new RegExp(`^values\\.${component}\\.replicas$`),
        effect: ([, name = ""], property) =>
            plainChange(
                `replicas-${name}`,
                `runs ${name} in ${String(property.after)} pods in place of ${String(property.before)}`,
                { cost: difference(property, "pod") ?? "none" },
            ),
    },
    {
        path: new RegExp(`^values\\.${component}\\.podDisruptionBudget\\b`),
        effect: ([, name = ""]) =>
            plainChange(`budget-${name}`, `changes how many pods of ${name} may be drained at once`),
    },
    {
        path: /^values\.database\.max(Open|Idle)Conns$/,
        effect: () => restart("core"),
    },
    { path: new RegExp(`^values\\.${component}\\b`), effect: ([, name = ""]) => restart(name) },
    {
        path: /^values\.metrics\b/,
        effect: () => restart("core"),
    },
    {
        path: /^(version|chartDigest)$/,
        effect: () =>
            interrupting(
                "harbor-version",
                "brings another chart, and Harbor with it: restarts every component; a newer Harbor rewrites its database, " +
                    "and there is no way back but a backup",
                "minutes",
                { cost: "a backup beforehand", touchesData: true },
            ),
    },
    {
        path: /^values\b/,
        effect: () =>
            interrupting(
                "values",
                "changes the chart's values: restarts the components that read them",
                "up to a minute",
            ),
    },
];

/** What each difference of the chart's release does. What the chart's settings do not reach does nothing. */
export function effectsOfValues(diff: readonly PropertyChange[]): readonly Effect[] {
    return diff.flatMap((property) => {
        for (const { path, effect } of valueRules) {
            const match = path.exec(property.path);
            if (match) return [effect(match, property)];
        }
        return [plainChange("release", "is written anew by Helm; no pod restarts")];
    });
}
