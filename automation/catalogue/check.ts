import { checkedOn, harborChart, knownHarborReleases } from "../../config/catalogue";
import { ExitCode, messageOf, UserError } from "../../lib/errors";
import type { Context } from "../context";
import { count } from "../render/style";
import { compareCatalogue, type IndexedChart } from "./compare";

export interface CatalogueCheckOptions {
    /** Address of a Helm repository with Harbor's chart. @default the official one */
    readonly repository?: string | undefined;
    /** Milliseconds until the whole index has to be there. @default 30 s */
    readonly timeoutMs?: number;
}

/** An index of thirty charts' histories has a few megabytes. */
const mostBytes = 64 * 2 ** 20;

/**
 * `anchorage catalogue check`: compares the catalogue with the chart repository's index.
 * @returns failed where they differ
 * @throws UserError where the index cannot be read, or the address is none
 */
export async function catalogueCheck(options: CatalogueCheckOptions, context: Context): Promise<ExitCode> {
    const { reporter, signal } = context;
    const url = indexOf(options.repository ?? harborChart.repository);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(options.timeoutMs ?? 30_000)]);
    const index = await reporter.step(`index of ${url.host}`, async () => {
        const text = await textAt(url, limit, signal);
        return chartsOf(await parsed(text, url), url);
    });
    const differences = compareCatalogue(index);
    reporter.event({ kind: "result", verb: "catalogue check", index: url.href, checkedOn, differences });
    for (const { sentence } of differences) reporter.line(`  - ${sentence}`);
    const releases = count(knownHarborReleases.length, "release");
    reporter.line(
        differences.length === 0
            ? `the catalogue's ${releases} are those of ${url.host}`
            : `the catalogue of ${checkedOn} differs from ${url.host} in ${count(differences.length, "release")}`,
    );
    return differences.length === 0 ? ExitCode.done : ExitCode.failed;
}

function indexOf(repository: string): URL {
    const url = URL.canParse(repository) ? new URL(repository) : undefined;
    if (url?.protocol !== "https:" && url?.protocol !== "http:") {
        throw new UserError(`--repository is ${JSON.stringify(repository)}, which is no address of a Helm repository`, {
            details: ["an OCI registry has no index that could be compared"],
            next: ["give its https:// address, or leave it out for the official one"],
            exitCode: ExitCode.usage,
        });
    }
    url.pathname = `${url.pathname.replace(/\/(index\.yaml)?$/, "")}/index.yaml`;
    return url;
}

async function textAt(url: URL, limit: AbortSignal, interrupted: AbortSignal): Promise<string> {
    const { EnvHttpProxyAgent, fetch } = await import("undici");
    // Reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY.
    const dispatcher = new EnvHttpProxyAgent();
    try {
        const response = await fetch(url, { dispatcher, signal: limit });
        if (!response.ok) throw unreadable(url, `it answered ${String(response.status)} ${response.statusText}`);
        const chunks: Uint8Array[] = [];
        let bytes = 0;
        for await (const chunk of response.body ?? []) {
            bytes += (chunk as Uint8Array).length;
            if (bytes > mostBytes) throw unreadable(url, `it is larger than ${String(mostBytes / 2 ** 20)} MiB`);
            chunks.push(chunk as Uint8Array);
        }
        return Buffer.concat(chunks).toString("utf8");
    } catch (error) {
        interrupted.throwIfAborted();
        if (error instanceof UserError) throw error;
        throw unreadable(url, limit.aborted ? "it did not answer in time" : reasonOf(error));
    } finally {
        await dispatcher.destroy();
    }
}

/** fetch() says only "fetch failed"; what happened stands in its cause. */
function reasonOf(error: unknown): string {
    return messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
}

function unreadable(url: URL, why: string): UserError {
    return new UserError(`the index of the chart repository cannot be read: ${url.href}`, {
        details: [why],
        next: [
            "look whether this machine reaches it; HTTPS_PROXY is obeyed",
            "or name a mirror: npx anchorage catalogue check --repository https://charts.example.com/harbor",
        ],
    });
}

async function parsed(text: string, url: URL): Promise<unknown> {
    const { parse } = await import("yaml");
    try {
        // Some indexes repeat themselves by aliases far beyond the parser's default limit.
        return parse(text, { maxAliasCount: -1 });
    } catch (error) {
        throw unreadable(url, `it is no YAML: ${messageOf(error).split("\n")[0] ?? ""}`);
    }
}

function chartsOf(index: unknown, url: URL): IndexedChart[] {
    const entries = (index as { entries?: Readonly<Record<string, unknown>> } | null)?.entries;
    const charts = entries?.[harborChart.name];
    if (!Array.isArray(charts)) throw unreadable(url, `it has no chart ${harborChart.name}`);
    return charts.flatMap((entry: Readonly<Record<string, unknown>> | null) => {
        const { version, appVersion, created } = entry ?? {};
        if (typeof version !== "string" || typeof appVersion !== "string") return [];
        const day = /^\d{4}-\d\d-\d\d/.exec(typeof created === "string" ? created : "")?.[0];
        return [{ version, appVersion, ...(day === undefined ? {} : { created: day }) }];
    });
}
