import { readFileSync } from "node:fs";
import { labVeleroSettings, serveVelero } from "./serve";

/** The process that the lab starts: `node main.ts <file of settings>`. Its output, with that of Velero, is its log. */
const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
        stop.abort();
    });
}
const log = (line: string): void => {
    process.stderr.write(`${new Date().toISOString()} ${line}\n`);
};

serveVelero(labVeleroSettings.parse(JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"))), stop.signal, log).catch(
    (error: unknown) => {
        log(error instanceof Error ? (error.stack ?? error.message) : String(error));
        process.exitCode = 1;
    },
);
