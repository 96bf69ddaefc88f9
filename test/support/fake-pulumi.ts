import { credentials } from "@grpc/grpc-js"; // the SDK's own dependency: the fake speaks to the SDK's server
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { EventsClient } from "@pulumi/pulumi/proto/events_grpc_pb";
import { EventRequest } from "@pulumi/pulumi/proto/events_pb";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { ExecFailure, type Exec } from "../../lib/exec";

/** What the fake CLI does on one command. */
export interface FakeAnswer {
    readonly stdout?: string;
    readonly stderr?: string;
    /** @default 0 */
    readonly exitCode?: number;
    /** Sent to the event log that the command names. */
    readonly events?: readonly Partial<EngineEvent>[];
    /** Ends only when it is interrupted, with the exit code and texts above. */
    readonly untilInterrupted?: boolean;
}

export interface FakeCall {
    readonly args: readonly string[];
    readonly cwd: string | undefined;
    readonly env: Readonly<Record<string, string>>;
    /** The text of the file that `--config-file` names, as it was during the call. */
    readonly configFile?: string;
}

/** The last event of every update. */
const closing: Partial<EngineEvent> = {
    summaryEvent: { maybeCorrupt: false, durationSeconds: 0, resourceChanges: {}, policyPacks: {} },
};

/**
 * A pulumi CLI as an {@link Exec}: `answers` is asked with the command without its flags ("stack init", "up");
 * a command that it does not know (undefined) fails the test.
 */
export function fakePulumi(answers: (command: string, call: FakeCall) => FakeAnswer | undefined): {
    exec: Exec;
    calls: FakeCall[];
} {
    const calls: FakeCall[] = [];
    const exec: Exec = async (file, args, options = {}) => {
        const call: FakeCall = {
            args,
            cwd: options.cwd,
            env: options.env ?? {},
            ...configFileOf(args),
        };
        calls.push(call);
        const firstFlag = args.findIndex((arg) => arg.startsWith("-"));
        const command = args.slice(0, firstFlag === -1 ? undefined : firstFlag).join(" ");
        const answer = answers(command, call);
        if (answer === undefined) throw new Error(`the fake pulumi does not know: ${args.join(" ")}`);
        const eventLog = valueOf(args, "--event-log");
        if (eventLog !== undefined)
            await sendEvents(eventLog.replace("tcp://", ""), [...(answer.events ?? []), closing]);
        if (answer.untilInterrupted === true && options.signal?.aborted === false) await once(options.signal, "abort");
        const { stdout = "", stderr = "", exitCode = 0 } = answer;
        if (exitCode === 0) return { stdout, stderr };
        throw new ExecFailure(
            `${file} ended with exit code ${String(exitCode)}: ${stderr}`,
            file,
            exitCode,
            stdout,
            stderr,
            undefined,
            {},
        );
    };
    return { exec, calls };
}

export function valueOf(args: readonly string[], flag: string): string | undefined {
    const index = args.indexOf(flag);
    return index === -1 ? undefined : args[index + 1];
}

function configFileOf(args: readonly string[]): { configFile: string } | undefined {
    const file = valueOf(args, "--config-file");
    return file === undefined ? undefined : { configFile: readFileSync(file, "utf8") };
}

/** Streams events as the CLI does since 3.206: to a gRPC service of the Automation API. */
async function sendEvents(address: string, events: readonly Partial<EngineEvent>[]): Promise<void> {
    const client = new EventsClient(address, credentials.createInsecure());
    await new Promise<void>((resolve, reject) => {
        const stream = client.streamEvents((error) => {
            if (error) reject(error);
            else resolve();
        });
        for (const event of events) {
            const request = new EventRequest();
            request.setEvent(JSON.stringify(event));
            stream.write(request);
        }
        stream.end();
    });
    client.close();
}
