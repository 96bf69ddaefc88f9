import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { projectRoot } from "../lib/home";
import { closingLine, parseClosingLine, sumOf, type Counts } from "./support/closing-line";

/** In specs of labs that take long: with all operators, and with backups. */
const long = /operatorLab\(\)|"lab-backup"/;

/**
 * All specs, as two runs of mocha side by side: the {@link long} ones, and the others. Each starts its own labs, and half
 * of the time either waits for a cluster. The second one's lines come when the first has ended.
 */
async function main(): Promise<void> {
    const specs = readdirSync(path.join(projectRoot, "test"), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".spec.ts"))
        .map((file) => path.join("test", file))
        .sort();
    const longer = specs.filter((file) => long.test(readFileSync(path.join(projectRoot, file), "utf8")));
    const others = specs.filter((file) => !longer.includes(file));
    const show = (line: string): void => console.log(line);
    const held: string[] = [];
    let second = (line: string): void => void held.push(line);
    const rest = mocha(longer, (line) => second(line));
    const first = await mocha(others, show);
    held.forEach(show);
    second = show;
    const results = [first, await rest];
    const counts = results.map(({ counts }) => counts).filter((each): each is Counts => each !== undefined);
    // A run that did not come to its end has no count, and the whole has none then.
    if (counts.length === results.length) console.log(closingLine(sumOf(counts)));
    process.exitCode = results.some(({ code }) => code !== 0) || counts.length < results.length ? 1 : 0;
}

async function mocha(
    files: readonly string[],
    onLine: (line: string) => void,
): Promise<{ readonly code: number | null; readonly counts: Counts | undefined }> {
    const child = spawn(process.execPath, [require.resolve("mocha/bin/mocha.js"), ...files], {
        cwd: projectRoot,
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: "1" } : {}) },
    });
    // It ends its labs when it is told to, and is waited for. A Ctrl-C on the terminal reaches it without us.
    process.on("SIGINT", () => undefined);
    process.on("SIGTERM", () => child.kill("SIGTERM"));
    let counts: Counts | undefined;
    for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on("line", (line) => {
            const found = parseClosingLine(line);
            if (found === undefined) onLine(line);
            else counts = found;
        });
    }
    return new Promise((resolve, reject) => {
        child.once("error", reject);
        child.once("close", (code) => resolve({ code, counts }));
    });
}

void main();
