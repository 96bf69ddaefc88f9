import { exec } from "../../lib/exec";
import type { LabEndpoints } from "../../lib/home";

/** The administrator's password of the Harbor in a lab's namespace. */
export async function passwordOf({ kubeconfig, tools }: LabEndpoints, namespace: string): Promise<string> {
    const secret = ["get", "secret", "harbor-admin", "-o", "jsonpath={.data.HARBOR_ADMIN_PASSWORD}"];
    const { stdout } = await exec(tools.kubectl, ["--kubeconfig", kubeconfig, "-n", namespace, ...secret]);
    return Buffer.from(stdout, "base64").toString();
}
