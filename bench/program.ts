import path from "node:path";
import { writeFileAtomic } from "../lib/files";
import { projectRoot, type LabEndpoints } from "../lib/home";
import { measurePairs, timed, type Figure } from "./harness";
import type { Sandbox } from "./sandbox";

/**
 * The program evaluated under mocks, with its process: the stack `lab` against a program that makes one Namespace, and
 * the largest stack against a program that makes nothing.
 */
export async function program(sandbox: Sandbox): Promise<Figure[]> {
    await recordLab(sandbox);
    const evaluate = (module: string, stack: string) => (): Promise<number> =>
        timed(async () => {
            const args = ["--require", "./bin/typescript.js", "bench/evaluate.ts", module, stack];
            const { stdout } = await sandbox.run(process.execPath, args, { cwd: projectRoot });
            const { resources } = JSON.parse(stdout) as { readonly resources: number };
            if (resources === 0 && module === "index") throw new Error(`stack ${stack} made no resource`);
        });
    const lab = await measurePairs(
        { what: "index.ts, stack lab", measure: evaluate("index", "lab") },
        { what: "one Namespace", measure: evaluate("bench/one-namespace", "lab") },
        5,
    );
    const largest = await measurePairs(
        { what: "index.ts, stack public-ha", measure: evaluate("index", "public-ha") },
        { what: "empty program", measure: evaluate("bench/empty", "public-ha") },
        5,
    );
    return [
        {
            name: "evaluation of the program under mocks, with its process",
            unit: "s",
            subject: lab.subject,
            peer: { what: "a program of one Namespace on the same SDK", spread: lab.peer },
            ratio: lab.ratio,
            limit: { of: "value", most: 1.5 },
        },
        {
            name: "the same of stack public-ha",
            unit: "s",
            subject: largest.subject,
            peer: { what: "an empty program", spread: largest.peer },
            ratio: largest.ratio,
            limit: { of: "value", most: 1.5 },
        },
    ];
}

/** What the program reads of the stack's lab. Under mocks nobody asks whether it runs. */
async function recordLab({ home }: Sandbox): Promise<void> {
    const lab: LabEndpoints = {
        name: "anchorage",
        id: "bench",
        kubeconfig: path.join(home, "labs", "anchorage", "kubeconfig"),
        context: "kwok-anchorage",
        s3: { endpoint: "http://127.0.0.1:9", region: "us-east-1", accessKey: "bench", secretKey: "bench" },
        tools: { kubectl: "kubectl", helm: "helm" },
        charts: path.join(home, "labs", "anchorage", "charts"),
    };
    await writeFileAtomic(path.join(home, "labs", "anchorage", "endpoints.json"), JSON.stringify(lab), 0o600);
}
