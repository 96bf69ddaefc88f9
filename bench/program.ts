import { projectRoot } from "../lib/home";
import { measurePairs, timed, type Figure } from "./harness";
import type { Sandbox } from "./sandbox";

/** The program of the stack `lab` evaluated under mocks, against a program that makes one Namespace. */
export async function program(sandbox: Sandbox): Promise<Figure[]> {
    const evaluate = (module: string) => (): Promise<number> =>
        timed(async () => {
            const args = ["--require", "./bin/typescript.js", "bench/evaluate.ts", module, "lab"];
            const { stdout } = await sandbox.run(process.execPath, args, { cwd: projectRoot });
            const { resources } = JSON.parse(stdout) as { readonly resources: number };
            if (resources === 0) throw new Error(`${module} made no resource`);
        });
    const pairs = await measurePairs(
        { what: "index.ts", measure: evaluate("index") },
        { what: "one Namespace", measure: evaluate("bench/one-namespace") },
        9,
    );
    return [
        {
            name: "evaluation of the program under mocks, with its process",
            unit: "s",
            subject: pairs.subject,
            peer: { what: "a program of one Namespace on the same SDK", spread: pairs.peer },
            ratio: pairs.ratio,
            limit: { of: "value", most: 1.5 },
        },
    ];
}
