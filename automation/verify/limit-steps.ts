import { setMaxListeners } from "node:events";
import type { RateLimitOutput } from "../../config/contract";
import { openConnections } from "../../harbor/client/connection";
import { messageOf } from "../../lib/errors";
import { kubectlFlags } from "../cluster-access";
import type { Step } from "../steps";
import { wrong, type Verification } from "./verification";

/** Requests that verify sends at most to reach a limit. */
const mostRequests = 5_000;

/** What protects and what watches: the rate limit, and the metrics. The limit comes last, since it holds for a while. */
export function limitSteps(verification: Verification): Step[] {
    const { target, door } = verification;
    const { exposure, release, namespace } = target.outputs;
    const limit = "rateLimit" in exposure ? exposure.rateLimit : undefined;
    return [
        {
            id: "metrics",
            title: "read the metrics",
            plan: "of core, jobservice, registry and exporter, through the cluster's API",
            goOn: true,
            skip: () => {
                if (release.metrics !== true) return "the stack declares no metrics";
                return target.withoutEntry === undefined ? undefined : "the lab's pods are simulated";
            },
            run: async ({ signal }) => {
                const counts: string[] = [];
                for (const component of ["core", "jobservice", "registry", "exporter"]) {
                    const prefix = release.name.includes("harbor") ? release.name : `${release.name}-harbor`;
                    const at = `/api/v1/namespaces/${namespace}/services/${prefix}-${component}:8001/proxy/metrics`;
                    const metrics = await readMetrics(
                        [...kubectlFlags(target.outputs), "get", "--raw", at],
                        door,
                        signal,
                    );
                    if (metrics === 0) throw wrong(`${component} answers without a metric`);
                    counts.push(`${component} ${String(metrics)}`);
                }
                return counts.join(", ");
            },
        },
        {
            id: "rate-limit",
            title: "run into the rate limit",
            plan: limit === undefined ? "none is declared" : `more than ${String(requestsOf(limit))} requests at once`,
            goOn: true,
            needs: ["health"],
            skip: () => {
                if (limit === undefined) return "the stack declares none";
                if (target.withoutEntry !== undefined) return target.withoutEntry;
                const count = requestsOf(limit);
                return count > mostRequests
                    ? `${String(count)} requests at once are more than verify sends`
                    : undefined;
            },
            run: async ({ signal, update }) => {
                if (limit === undefined) throw new Error("skip was not asked");
                const { sent, refused } = await sendAtOnce(target, requestsOf(limit), signal, update);
                if (refused === 0) {
                    throw wrong(
                        `${String(sent)} requests at once, and none was answered 429`,
                        [`${String(limit.requestsPerSecond)} a second are declared`],
                        ["npx anchorage preview shows whether the limit is there"],
                    );
                }
                return `${String(refused)} of ${String(sent)} answered 429`;
            },
        },
    ];
}

/** Half as many more as may come at once, so that the limit is passed on a slow line too. */
function requestsOf({ requestsPerSecond, burst }: RateLimitOutput): number {
    return Math.ceil(requestsPerSecond * burst * 1.5) + 20;
}

async function sendAtOnce(
    { url, ca }: Verification["target"],
    count: number,
    signal: AbortSignal,
    update: (detail: string) => void,
): Promise<{ readonly sent: number; readonly refused: number }> {
    const dispatcher = openConnections({ url, connections: 64, ...(ca === undefined ? {} : { ca }) });
    setMaxListeners(0, signal); // each request listens
    let sent = 0;
    let refused = 0;
    const worker = async (): Promise<void> => {
        // One more after the first refusal proves no more.
        while (sent < count && refused === 0) {
            sent++;
            const { statusCode, body } = await dispatcher.request({
                origin: new URL(url).origin,
                path: "/api/v2.0/ping",
                method: "GET",
                signal,
                headersTimeout: 10_000,
            });
            await body.dump();
            if (statusCode === 429) refused++;
            if (sent % 100 === 0) update(`${String(sent)} requests`);
        }
    };
    try {
        await Promise.all(Array.from({ length: 64 }, worker));
        return { sent, refused };
    } finally {
        await dispatcher.destroy();
    }
}

async function readMetrics(args: readonly string[], door: Verification["door"], signal: AbortSignal): Promise<number> {
    try {
        const { stdout } = await door.exec(door.kubectl, args, { signal });
        return stdout.split("\n").filter((line) => /^[a-z]\w*(\{.*\})? \S+$/i.test(line)).length;
    } catch (error) {
        signal.throwIfAborted();
        throw wrong("the metrics do not answer", [messageOf(error)], ["npx anchorage status"]);
    }
}
