import { readFile } from "node:fs/promises";
import path from "node:path";
import { writeFileAtomic } from "../lib/files";
import { projectRoot } from "../lib/home";
import { limited, type Figure } from "./harness";
import { harborClient } from "./harbor-client";
import { labStart } from "./lab-start";
import { largestStackUp } from "./largest-stack-up";
import { migrationThroughput } from "./migration-throughput";
import { npmStart } from "./npm-start";
import { program } from "./program";
import { quietWindow } from "./quiet-window";
import { firstRecord, updatedRecord } from "./record";
import { registryThroughput } from "./registry-throughput";
import { rollingHop } from "./rolling-hop";
import { Sandbox } from "./sandbox";
import { stackUp } from "./stack-up";

/**
 * `npm run bench`: every figure, or those that are named. Prints the table; a whole run also writes it to
 * bench/results.md and into README, and so does one with `--record` before the names: the other figures stay.
 */
const benches: Readonly<Record<string, (sandbox: Sandbox) => Promise<Figure[]>>> = {
    program,
    "lab-start": labStart,
    "stack-up": stackUp,
    "largest-stack-up": largestStackUp,
    "npm-start": npmStart,
    "registry-throughput": registryThroughput,
    "migration-throughput": migrationThroughput,
    "harbor-client": harborClient,
    "quiet-window": quietWindow,
    "rolling-hop": rollingHop,
};

async function main(args: readonly string[]): Promise<void> {
    const record = args.includes("--record");
    const wanted = args.filter((arg) => arg !== "--record");
    const unknown = wanted.filter((name) => benches[name] === undefined);
    if (unknown.length > 0) {
        console.error(`no such bench: ${unknown.join(", ")}. There are: ${Object.keys(benches).join(", ")}`);
        process.exitCode = 2;
        return;
    }
    const interrupt = new AbortController();
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
        process.once(signal, () => {
            interrupt.abort(new Error("interrupted"));
        });
    }
    const figures: Figure[] = [];
    for (const [name, bench] of Object.entries(benches)) {
        if (wanted.length > 0 && !wanted.includes(name)) continue;
        console.error(name);
        const sandbox = await Sandbox.open(interrupt.signal);
        try {
            figures.push(...(await bench(sandbox)));
        } finally {
            await sandbox.close();
        }
    }
    const now = new Date();
    console.log(firstRecord(figures, now));
    for (const figure of figures.filter((one) => !limited(one).holds)) console.log(`over its limit: ${figure.name}`);
    if (wanted.length === 0) await publish(() => firstRecord(figures, now));
    else if (record) await publish((old) => updatedRecord(old, figures, now));
}

/** @param update gets what stands there */
async function publish(update: (old: string) => string): Promise<void> {
    const place = /(<!-- figures:begin [^>]*-->\n)([^]*?)(<!-- figures:end -->)/;
    const readme = path.join(projectRoot, "README.md");
    const text = await readFile(readme, "utf8");
    const [, begin, old, end] = place.exec(text) ?? [];
    if (begin === undefined || old === undefined || end === undefined) {
        throw new Error("README.md has no place for the figures");
    }
    const figures = update(old);
    await writeFormatted(
        readme,
        text.replace(place, () => `${begin}${figures}${end}`),
    );
    await writeFormatted(
        path.join(projectRoot, "bench/results.md"),
        "# Figures\n\nWritten by `npm run bench`. Medians, smallest and greatest in parentheses; each figure and what " +
            `stands beside it\nwere measured in turns, in one run.\n\n${figures}`,
    );
}

/** As `npm run check` wants it. */
async function writeFormatted(file: string, markdown: string): Promise<void> {
    const { format, resolveConfig } = await import("prettier");
    await writeFileAtomic(file, await format(markdown, { ...(await resolveConfig(file)), filepath: file }));
}

main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
});
