import { exec } from "../../lib/exec";
import type { LabEndpoints } from "../../lib/home";
import { sharedLab } from "./lab";

/** The lab that the tests of the engine work on. */
export function engineLab(): Promise<LabEndpoints> {
    return sharedLab();
}

/** Runs kubectl against a lab and returns what it printed. */
export async function kubectl(lab: LabEndpoints, ...args: string[]): Promise<string> {
    const { stdout } = await exec(lab.tools.kubectl, [
        "--kubeconfig",
        lab.kubeconfig,
        "--context",
        lab.context,
        ...args,
    ]);
    return stdout;
}

/** Makes the objects, or makes them so. */
export async function apply(lab: LabEndpoints, ...objects: readonly object[]): Promise<void> {
    const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
    await exec(lab.tools.kubectl, ["--kubeconfig", lab.kubeconfig, "apply", "-f", "-"], { input });
}

/** An object as JSON, or undefined where there is none. */
export async function liveObject(lab: LabEndpoints, ...what: string[]): Promise<LiveObject | undefined> {
    const printed = await kubectl(lab, "get", ...what, "--ignore-not-found", "--output", "json");
    return printed === "" ? undefined : (JSON.parse(printed) as LiveObject);
}

export interface LiveObject {
    readonly metadata: { readonly name: string; readonly uid: string; readonly annotations?: Record<string, string> };
    readonly data?: Record<string, string>;
    readonly spec?: Record<string, unknown>;
}
