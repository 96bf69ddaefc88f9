import { makeTestStack } from "./rehearsal";

/** Runs `up` of a test program until somebody kills this process: `run-engine.ts PROGRAM SETTINGS-AS-JSON`. */
async function main([program = "", settings = "{}"]: readonly string[]): Promise<void> {
    const stack = await makeTestStack(program, JSON.parse(settings) as Record<string, unknown>);
    process.stdout.write(
        `${JSON.stringify({ folder: stack.folder, lockFile: stack.lockFile, stateFile: stack.stateFile })}\n`,
    );
    await stack.up();
}

void main(process.argv.slice(2));
