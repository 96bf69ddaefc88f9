import { readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { projectRoot } from "../lib/home";
import { measurePairs, pairsOf, timed, type Figure } from "./harness";
import { BareCluster, type Sandbox } from "./sandbox";

/**
 * `npm start` with a warm cache and nothing running, and the memory of the processes that it leaves running, against the
 * shortest way to a comparable cluster without the product: kwokctl, nodes, `helm install` of the same chart. And `verify`
 * of the registry that they serve.
 */
export async function npmStart(sandbox: Sandbox): Promise<Figure[]> {
    const bare = new BareCluster(sandbox, "bench-bare");
    const reset = async (): Promise<void> => {
        await sandbox.anchorage(["lab", "reset", "--yes"]);
        await rm(sandbox.home, { recursive: true, force: true }); // the engine's state as well
    };
    sandbox.onClose(reset);
    const verified: number[] = [];
    const bareCommands: number[] = [];
    const memory: number[] = [];
    const bareMemory: number[] = [];
    const pairs = await measurePairs(
        {
            what: "npm start",
            measure: () =>
                timed(() =>
                    sandbox.run("npm", ["start", "--silent", "--", "--engine", "rehearsal"], { cwd: projectRoot }),
                ),
            cleanUp: async () => {
                verified.push(await timed(() => sandbox.anchorage(["verify"])));
                bareCommands.push(await timed(() => sandbox.anchorage(["outputs"])));
                memory.push(await labMemory(sandbox));
                await reset();
            },
        },
        {
            what: "kwokctl create cluster + helm install",
            measure: () =>
                timed(async () => {
                    await bare.create();
                    await bare.kwokctl(["scale", "node", "--replicas", "3"]);
                    await sandbox.run(
                        sandbox.tool("helm"),
                        [
                            ...["--kubeconfig", bare.kubeconfig, "install", "harbor", "lab/charts/harbor", "--wait"],
                            ...["--set", "persistence.enabled=false"], // a bare cluster has no storage to bind
                        ],
                        { cwd: projectRoot },
                    );
                }),
            cleanUp: async () => {
                bareMemory.push(await residentBytes(sandbox, await pidsBelow(bare.folder)));
                await bare.delete();
            },
        },
        3,
    );
    const footprint = pairsOf(memory, bareMemory);
    const verify = pairsOf(verified, bareCommands);
    return [
        {
            name: "`npm start`, binaries and packages cached",
            unit: "s",
            subject: pairs.subject,
            peer: { what: "`kwokctl create cluster` + `helm install --wait` of the chart alone", spread: pairs.peer },
            ratio: pairs.ratio,
            limit: { of: "value", most: 30 },
        },
        {
            name: "resident memory of the lab's processes after it",
            unit: "MiB",
            subject: footprint.subject,
            peer: { what: "the processes of that bare cluster", spread: footprint.peer },
            ratio: footprint.ratio,
            limit: { of: "value", most: 1536 },
        },
        {
            name: "`anchorage verify` on it: login, project, push, pull, tags, content trust",
            unit: "s",
            subject: verify.subject,
            peer: { what: "`anchorage outputs`, which only reads a file", spread: verify.peer },
            ratio: verify.ratio,
            limit: { of: "value", most: 10 },
        },
    ];
}

/** Of all parts, with PostgreSQL and the registry behind the lab's Harbor. */
async function labMemory(sandbox: Sandbox): Promise<number> {
    const { parts } = await sandbox.anchorage<{
        readonly parts: readonly { readonly name: string; readonly memory?: number }[];
    }>(["lab", "status"]);
    return parts.reduce((sum, { name, memory: own }) => {
        if (own === undefined) throw new Error(`the lab does not tell the memory of ${name}`);
        return sum + own;
    }, 0);
}

/** The sum over the processes; pages that they share count once each. */
async function residentBytes(sandbox: Sandbox, pids: readonly number[]): Promise<number> {
    if (pids.length === 0) throw new Error("no processes to weigh");
    const { stdout } = await sandbox.run("ps", ["-o", "rss=", "-p", pids.join(",")]);
    const kibibytes = stdout.trim().split(/\s+/).map(Number);
    if (kibibytes.length !== pids.length) throw new Error(`some of these processes ended: ${pids.join(", ")}`);
    return kibibytes.reduce((sum, size) => sum + size, 0) * 1024;
}

/** The processes of a kwokctl cluster: it keeps a file with each one's number. */
async function pidsBelow(folder: string): Promise<number[]> {
    const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith(".pid"));
    return Promise.all(files.map(async (file) => Number(await readFile(path.join(folder, file), "utf8"))));
}
