import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { credentials } from "@grpc/grpc-js";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/analyzer_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { ExitCode, UserError } from "../../../lib/errors";
import { plainValues, type Values } from "./values";

/**
 * Policy packs, as Pulumi's engine runs them: each is a process of the SDK's that answers Pulumi's Analyzer protocol
 * (pulumi/pulumi, proto/pulumi/analyzer.proto). So the very pack that guards the real environments guards the rehearsal.
 */

/** A resource as a pack is asked about it. */
export interface Subject {
    readonly urn: string;
    readonly type: string;
    readonly name: string;
    readonly parent: string | undefined;
    /** With the marks of values.ts. */
    readonly inputs: Values;
    readonly dependencies: readonly string[];
}

export interface Violation {
    readonly urn: string;
    readonly level: "mandatory" | "advisory";
    /** `anchorage/tls-on: what is wrong`, of a resource with its name. */
    readonly sentence: string;
}

export class PolicyPacks {
    private constructor(private readonly packs: readonly Pack[]) {}

    /** @param folders absolute paths. @throws UserError (exit code 2) where one holds no pack, or none that starts */
    static async start(folders: readonly string[]): Promise<PolicyPacks> {
        const started = await Promise.allSettled(folders.map((folder) => Pack.start(folder)));
        const packs = started.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
        const failed = started.find((result) => result.status === "rejected");
        if (failed === undefined) return new PolicyPacks(packs);
        for (const pack of packs) pack.close();
        throw failed.reason;
    }

    /** What a resource by itself breaks. */
    async ofResource(subject: Subject): Promise<Violation[]> {
        return (await Promise.all(this.packs.map((pack) => pack.ofResource(subject)))).flat();
    }

    /** What all of them together break. */
    async ofStack(subjects: readonly Subject[]): Promise<Violation[]> {
        return (await Promise.all(this.packs.map((pack) => pack.ofStack(subjects)))).flat();
    }

    close(): void {
        for (const pack of this.packs) pack.close();
    }
}

class Pack {
    private constructor(
        private readonly child: ChildProcess,
        private readonly client: AnalyzerClient,
    ) {}

    static async start(folder: string): Promise<Pack> {
        if (!existsSync(path.join(folder, "PulumiPolicy.yaml"))) {
            throw new UserError(`${folder} is no policy pack: it has no PulumiPolicy.yaml`, {
                next: ["name the folder of a policy pack; that of this project is ./policies"],
                exitCode: ExitCode.usage,
            });
        }
        const program = require.resolve("@pulumi/pulumi/cmd/run-policy-pack/index.js");
        // The address is that of Pulumi's engine, to which a pack of Node never talks.
        const child = spawn(process.execPath, [program, "127.0.0.1:0", folder], {
            cwd: folder,
            env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0" },
            stdio: ["ignore", "pipe", "pipe"],
        });
        const port = await portOf(child, folder);
        const most = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };
        return new Pack(child, new AnalyzerClient(`127.0.0.1:${port}`, credentials.createInsecure(), most));
    }

    ofResource(subject: Subject): Promise<Violation[]> {
        const request = new proto.AnalyzeRequest();
        request.setType(subject.type);
        request.setUrn(subject.urn);
        request.setName(subject.name);
        request.setProperties(Struct.fromJavaScript(plainValues(subject.inputs)));
        request.setOptions(new proto.AnalyzerResourceOptions());
        return this.ask((done) => this.client.analyze(request, done), subject.urn);
    }

    ofStack(subjects: readonly Subject[]): Promise<Violation[]> {
        const request = new proto.AnalyzeStackRequest();
        request.setResourcesList(
            subjects.map((subject) => {
                const resource = new proto.AnalyzerResource();
                resource.setType(subject.type);
                resource.setUrn(subject.urn);
                resource.setName(subject.name);
                resource.setProperties(Struct.fromJavaScript(plainValues(subject.inputs)));
                resource.setOptions(new proto.AnalyzerResourceOptions());
                resource.setDependenciesList([...subject.dependencies]);
                if (subject.parent !== undefined) resource.setParent(subject.parent);
                return resource;
            }),
        );
        return this.ask((done) => this.client.analyzeStack(request, done));
    }

    close(): void {
        this.client.close();
        this.child.kill();
    }

    /** @param about URN of what is asked about; a pack names one only where it was asked about all */
    private ask(
        call: (done: (error: Error | null, response?: proto.AnalyzeResponse) => void) => unknown,
        about = "",
    ): Promise<Violation[]> {
        return new Promise((resolve, reject) => {
            call((error, response) => {
                if (error || !response) reject(error ?? new Error("the policy pack answered nothing"));
                else resolve(response.getDiagnosticsList().map((found) => violationOf(found, about)));
            });
        });
    }
}

/** The first line that a pack prints. @throws UserError where it ends before, with what it said */
async function portOf(child: ChildProcess, folder: string): Promise<string> {
    const said: string[] = [];
    const { stdout, stderr } = child;
    if (!stdout || !stderr) throw new Error("a policy pack was started without its output");
    createInterface({ input: stderr }).on("line", (line) => said.push(line));
    const lines = createInterface({ input: stdout });
    const ended = once(child, "close").then(() => undefined);
    for (;;) {
        const line = await Promise.race([once(lines, "line").then(([text]) => String(text)), ended]);
        if (line !== undefined && /^\d+$/.test(line)) return line;
        if (line !== undefined) said.push(line);
        else {
            throw new UserError(`the policy pack in ${folder} does not start`, {
                details: said.filter((text) => text.trim() !== "" && !/^\s*at /.test(text)).slice(0, 10),
                exitCode: ExitCode.usage,
            });
        }
    }
}

function violationOf(diagnostic: proto.AnalyzeDiagnostic, about: string): Violation {
    const urn = diagnostic.getUrn() || about;
    const description = diagnostic.getDescription();
    const message = diagnostic.getMessage();
    // The SDK puts the policy's description before what was reported, on a line of its own.
    const said = (message.startsWith(description) ? message.slice(description.length) : message).trim() || description;
    const name = urn.split("::").slice(3).join("::");
    return {
        urn,
        level: diagnostic.getEnforcementlevel() === proto.EnforcementLevel.ADVISORY ? "advisory" : "mandatory",
        sentence: `${diagnostic.getPolicypackname()}/${diagnostic.getPolicyname()}: ${name === "" ? "" : `${name}: `}${said}`,
    };
}
