import { readFileSync } from "node:fs";
import { labHarborSettings, serveLab } from "./serve-lab";

/** The process that the lab starts: `node main.ts <file of settings>`. Its output is its log. */
const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
        stop.abort();
    });
}
const log = (line: string): void => {
    process.stderr.write(`${new Date().toISOString()} ${line}\n`);
};

serveLab(labHarborSettings.parse(JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"))), stop.signal, log).catch(
    (error: unknown) => {
        log(error instanceof Error ? (error.stack ?? error.message) : String(error));
        process.exitCode = 1;
    },
);
