import { labChartPins, labOperators } from "../../automation/lab-charts";
import { labBinaries, type LabBinaries } from "../../lab/binaries";
import { startLab } from "../../lab/lab";
import { prepareLabCharts } from "../../lab/operators/lab-charts";
import { resolveTools } from "../../lab/tools/resolver";
import { exec } from "../../lib/exec";
import type { LabEndpoints } from "../../lib/home";
import { referenceDefinitions } from "./reference-data";

/** Milliseconds that a hook which starts a lab may take: a cold machine resolves the binaries first. */
export const labTimeout = 40 * 60_000;

let binaries: Promise<LabBinaries> | undefined;
let lab: Promise<LabEndpoints> | undefined;

/** The lab's binaries, resolved once. */
export function testBinaries(): Promise<LabBinaries> {
    binaries ??= resolveTools(["etcd", "kubernetes", "kwok", "helm", "versitygw"], { exec, env: process.env }).then(
        labBinaries,
    );
    return binaries;
}

/** The one lab that specs share; started when the first of them asks, ended with the run (home.ts). */
export function sharedLab(): Promise<LabEndpoints> {
    lab ??= startShared();
    return lab;
}

async function startShared(): Promise<LabEndpoints> {
    const { endpoints } = await startLab({ name: "shared", binaries: await testBinaries(), exec });
    return endpoints;
}

let withOperators: Promise<LabEndpoints> | undefined;

/** A lab with the contract charts of all operators, for what would get into each other's way in the shared one. */
export function operatorLab(): Promise<LabEndpoints> {
    withOperators ??= startWithOperators();
    return withOperators;
}

async function startWithOperators(): Promise<LabEndpoints> {
    const { endpoints } = await startLab({ name: "operators", binaries: await testBinaries(), exec });
    const charts = labChartPins(labOperators);
    await prepareLabCharts({ name: "operators", charts, exec, instead: referenceDefinitions() });
    return endpoints;
}
