import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { projectRoot } from "../lib/home";
import { closingLine, failuresIn, parseClosingLine, sumOf, type Counts } from "./support/closing-line";
import { groupsOf } from "./support/groups";
import { idleShare, inLanes } from "./support/lanes";

/** Free memory that a further run of mocha needs: the labs of one take less. */
const laneMemory = 3 * 1024 ** 3;

/** A program that is run as a part of the tests. */
interface Task {
    readonly name: string;
    readonly command: string;
    readonly args: readonly string[];
}

/** Types, rules and format: beside the first labs, which wait as much as they work. */
const check: Task = { name: "check", command: "npm", args: ["run", "check"] };

/** Told to end: no further task begins. Those under way end their labs. */
const stop = new AbortController();

interface Ended {
    readonly task: Task;
    readonly code: number | null;
    /** Undefined where it did not come to its end. */
    readonly counts: Counts | undefined;
    readonly lines: readonly string[];
}

/**
 * All specs, in runs of mocha of which each starts its own labs (support/groups.ts), and the check, side by side
 * (support/lanes.ts). A task's lines come when it has ended. Where the check fails nothing more begins.
 */
async function main(): Promise<void> {
    const specs = readdirSync(path.join(projectRoot, "test"), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".spec.ts"))
        .map((file) => path.join("test", file))
        .sort()
        .map((file) => ({ file, text: readFileSync(path.join(projectRoot, file), "utf8") }));
    const mocha = require.resolve("mocha/bin/mocha.js");
    const groups = groupsOf(specs).map(({ name, files }) => ({
        ...{ name, command: process.execPath, args: [mocha, ...files] },
    }));
    const tasks: Task[] = [check, ...groups];
    const ended: Ended[] = [];
    const work = async (task: Task): Promise<void> => {
        console.log(`… ${task.name}`);
        const begun = performance.now();
        const end = await run(task);
        ended.push(end);
        end.lines.forEach((line) => console.log(line));
        const left = `${String(ended.length)} of ${String(tasks.length)}`;
        console.log(`${task.name}: ${String(Math.round((performance.now() - begun) / 1000))} s (${left})\n`);
        if (task === check && end.code !== 0) stop.abort();
    };
    const idle = idleShare();
    await inLanes(tasks, work, {
        ...{ least: 2, most: 4, everyMs: 15_000, signal: stop.signal },
        hasTime: () => idle() > 0.3 && process.availableMemory() > laneMemory,
    });
    // Once more at the end, where a pipeline that keeps the last lines only has them.
    ended
        .flatMap(({ task, code, lines }) => (task !== check ? failuresIn(lines) : code === 0 ? [] : lines))
        .forEach((line) => console.log(line));
    const runs = ended.filter(({ task }) => task !== check);
    const counts = runs.map(({ counts }) => counts).filter((each): each is Counts => each !== undefined);
    // A run that did not come to its end has no count, and the whole has none then.
    const whole = counts.length === runs.length && !stop.signal.aborted;
    if (whole) console.log(closingLine(sumOf(counts)));
    process.exitCode = whole && ended.every(({ code }) => code === 0) ? 0 : 1;
}

async function run(task: Task): Promise<Ended> {
    const child = spawn(task.command, task.args, {
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
            resolve({ task, code, counts, lines });
        });
    });
}

process.on("SIGINT", () => stop.abort());
process.on("SIGTERM", () => stop.abort());
void main();
