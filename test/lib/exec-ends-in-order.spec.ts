import assert from "node:assert/strict";
import { exec, ExecFailure } from "../../lib/exec";

/** Counts its SIGINTs; after the first it works on for a while, then says what it saw. */
const program = `
    let interrupts = 0;
    process.on("SIGINT", () => {
        interrupts += 1;
        if (interrupts > 1) return;
        setTimeout(() => { console.log("interrupts " + interrupts); process.exit(7); }, 300);
    });
    setInterval(() => undefined, 1000);
    console.log("pid " + process.pid);
`;

describe("a program that ends in order", () => {
    it("gets one SIGINT and is waited for", async () => {
        const abort = new AbortController();
        let pid = 0;
        const running = exec(process.execPath, ["-e", program], {
            endsInOrder: true,
            signal: abort.signal,
            onLine: (line) => {
                if (!line.startsWith("pid ")) return;
                pid = Number(line.slice("pid ".length));
                // Of its own group: a Ctrl-C on the terminal goes to the group of this process alone.
                process.kill(-pid, 0);
                abort.abort();
            },
        });
        await assert.rejects(running, (error) => {
            assert.ok(error instanceof ExecFailure);
            assert.match(error.stdout, /interrupts 1$/);
            return true;
        });
        assert.notEqual(pid, 0);
    });
});
