import { digestOf } from "../../harbor/registry/image";
import type { ScanSummary } from "../../harbor/client/artifacts";
import { waitFor } from "../../lib/wait";
import type { Step } from "../steps";
import { wrong, type Verification } from "./verification";

/** A scan that ends. */
export function scanSteps(verification: Verification): Step[] {
    const { harbor, target, project, repository, image, scanTimeoutMs } = verification;
    const artifact = { project, repository, reference: digestOf(image.manifest) };
    return [
        {
            id: "scan",
            title: "scan it",
            plan: "by Trivy, to its end; what it finds is no matter",
            goOn: true,
            needs: ["push"],
            skip: () => {
                if (target.withoutEntry !== undefined) return "in a lab there is no Trivy";
                return target.outputs.release.scanning === true ? undefined : "the stack declares no scanner";
            },
            run: async ({ signal, update }) => {
                const scanner = await harbor.scanners.ofProject(project, { signal });
                if (scanner === undefined) throw wrong("Harbor has no scanner, though the stack declares Trivy");
                await harbor.artifacts.scan(artifact, { signal });
                let last = "no report yet";
                const summary = await waitFor(
                    async () => {
                        const { scan_overview } = await harbor.artifacts.get(
                            artifact,
                            { scanOverview: true },
                            { signal },
                        );
                        const [found] = Object.values(scan_overview);
                        if (found !== undefined) last = `the scan is ${found.scan_status}`;
                        update(last);
                        return found !== undefined && ended(found) ? found : undefined;
                    },
                    {
                        what: "the scan to end",
                        timeoutMs: scanTimeoutMs,
                        intervalMs: 1_000,
                        signal,
                        describe: () => last,
                    },
                );
                if (summary.scan_status !== "Success") {
                    throw wrong(
                        `the scan ended with ${summary.scan_status}`,
                        [`scanner ${scanner.name}${scanner.version === undefined ? "" : ` ${scanner.version}`}`],
                        ["Trivy's log says why; without the internet set scanning.databaseMirrors"],
                    );
                }
                return `${String(summary.summary?.total ?? 0)} vulnerabilities`;
            },
        },
    ];
}

function ended({ scan_status }: ScanSummary): boolean {
    return ["Success", "Error", "Stopped"].includes(scan_status);
}
