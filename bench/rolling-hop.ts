import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { labProject, settingsWithBackup } from "../test/support/lab-project";
import { pairsOf, timed, type Figure } from "./harness";
import type { Sandbox } from "./sandbox";

const lab = "bench-hop";
const first = "2.12.2";
/** A hop to each of them: on a stack whose parts can all be replaced one pod after the other. */
const versions = ["2.13.5", "2.14.4", "2.15.2"] as const;

const settings = settingsWithBackup(
    lab,
    `{ version: ${first}, replicas: { core: 2, registry: 2 } }`,
    `  anchorage:database: { kind: external, host: db.example.com, password: only-in-the-lab }
  anchorage:cache: { kind: external, host: redis.example.com }
`,
);

interface Upgraded {
    readonly hops: readonly {
        readonly measured?: {
            readonly pulls: { readonly seconds: number };
            readonly pushes: { readonly seconds: number };
        };
    }[];
}

/**
 * For how long a client's pulls and pushes fail while Harbor goes to another version, against the whole of
 * `anchorage upgrade run`: verified backup, hop and checks. What the prober of that verb sees, which tries both all the
 * while; the lab's Harbor takes requests over from one release to the next as soon as a pod of the next is Ready.
 */
export async function rollingHop(sandbox: Sandbox): Promise<Figure[]> {
    const project = await labProject(lab);
    sandbox.onClose(() => rm(project, { recursive: true }));
    await writeFile(path.join(project, `Pulumi.${lab}.yaml`), settings);
    const env = { ANCHORAGE_PROJECT: project };
    const stack = ["--stack", lab, "--engine", "rehearsal", "--yes"];
    sandbox.onClose(() => sandbox.anchorage(["lab", "reset", "--name", lab, "--yes"]));
    await sandbox.anchorage(["lab", "start", "--name", lab]);
    await sandbox.anchorage(["up", ...stack], env);
    const pulls: number[] = [];
    const pushes: number[] = [];
    const whole: number[] = [];
    for (const version of versions) {
        let upgraded: Upgraded | undefined;
        const run = ["upgrade", "run", ...stack, "--to", version];
        whole.push(await timed(async () => (upgraded = await sandbox.anchorage<Upgraded>(run, env))));
        const measured = upgraded?.hops[0]?.measured;
        if (measured === undefined) throw new Error(`nobody looked at the hop to ${version}`);
        pulls.push(measured.pulls.seconds * 1000);
        pushes.push(measured.pushes.seconds * 1000);
        console.error(`  to ${version}: pulls ${String(pulls.at(-1))}, pushes ${String(pushes.at(-1))} ms`);
    }
    const figure = (what: string, failed: readonly number[], most: number): Figure => {
        const { subject, peer, ratio } = pairsOf(failed, whole);
        return {
            name: `${what} that fail while Harbor rolls to another version, in a lab`,
            unit: "s",
            subject,
            peer: { what: "the whole of that `anchorage upgrade run`", spread: peer },
            ratio,
            limit: { of: "ratio", most },
        };
    };
    return [figure("pulls", pulls, 0.05), figure("pushes (Harbor is read-only)", pushes, 0.6)];
}
