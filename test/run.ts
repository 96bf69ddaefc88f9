import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { projectRoot } from "../lib/home";
import { closingLine, failuresIn, parseClosingLine, sumOf, type Counts } from "./support/closing-line";
import { groupsOf, type Group } from "./support/groups";

/** Runs of mocha side by side. Three leave two cores no idle time, take no less, and each test waits longer. */
const jobs = 2;

/** Told to end: no further group begins. Those under way end their labs. */
const stop = new AbortController();

interface Ended {
    readonly code: number | null;
    /** Undefined where it did not come to its end. */
    readonly counts: Counts | undefined;
    readonly lines: readonly string[];
}

/** All specs, in runs of mocha of which each starts its own labs (support/groups.ts). A run's lines come when it has ended. */
async function main(): Promise<void> {
    const specs = readdirSync(path.join(projectRoot, "test"), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".spec.ts"))
        .map((file) => path.join("test", file))
        .sort()
        .map((file) => ({ file, text: readFileSync(path.join(projectRoot, file), "utf8") }));
    const waiting = groupsOf(specs);
    const ended: Ended[] = [];
    const worker = async (): Promise<void> => {
        for (let group = waiting.shift(); group !== undefined && !stop.signal.aborted; group = waiting.shift()) {
            console.log(`… ${group.name} (${String(waiting.length)} groups after it)`);
            const begun = performance.now();
            const run = await mocha(group);
            ended.push(run);
            run.lines.forEach((line) => console.log(line));
            console.log(`${group.name}: ${String(Math.round((performance.now() - begun) / 1000))} s\n`);
        }
    };
    await Promise.all(Array.from({ length: jobs }, worker));
    // Once more at the end, where a pipeline that keeps the last lines only has them.
    ended.flatMap(({ lines }) => failuresIn(lines)).forEach((line) => console.log(line));
    const counts = ended.map(({ counts }) => counts).filter((each): each is Counts => each !== undefined);
    // A run that did not come to its end has no count, and the whole has none then.
    const whole = counts.length === ended.length && !stop.signal.aborted;
    if (whole) console.log(closingLine(sumOf(counts)));
    process.exitCode = whole && ended.every(({ code }) => code === 0) ? 0 : 1;
}

async function mocha({ files }: Group): Promise<Ended> {
    const child = spawn(process.execPath, [require.resolve("mocha/bin/mocha.js"), ...files], {
        cwd: projectRoot,
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: "1" } : {}) },
    });
    // A Ctrl-C on the terminal reaches it without us.
    const end = (): void => void child.kill("SIGTERM");
    process.on("SIGTERM", end);
    let counts: Counts | undefined;
    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on("line", (line) => {
            const found = parseClosingLine(line);
            if (found === undefined) lines.push(line);
            else counts = found;
        });
    }
    return new Promise((resolve, reject) => {
        child.once("error", reject);
        child.once("close", (code) => {
            process.off("SIGTERM", end);
            resolve({ code, counts, lines });
        });
    });
}

process.on("SIGINT", () => stop.abort());
process.on("SIGTERM", () => stop.abort());
void main();
