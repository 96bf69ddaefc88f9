import type { StackOutputs } from "../../config/contract";
import type { ClusterDoor } from "../cluster-access";
import { readSecret } from "../secrets";

/** What is verified: where it is, who logs in, and what the stack says that it has. */
export interface Target {
    readonly outputs: StackOutputs;
    /** What requests go to. */
    readonly url: string;
    /** PEM of the CA that clients have to trust, where it is one of the stack's own. */
    readonly ca?: string;
    /** Port of plain http, which has to lead to https. @default 80 */
    readonly httpPort?: number;
    readonly user: string;
    readonly password: string;
    /**
     * Why what stands before Harbor is not looked at: in a lab there is neither portal nor proxy, only the stand-in for
     * Harbor's core. Absent: it is.
     */
    readonly withoutEntry?: string;
}

/**
 * Reads the administrator's password and, where the stack has one of its own, the CA, from the cluster's Secrets.
 * @param lab the stand-in's address, where the stack is in a lab
 */
export async function readTarget(
    outputs: StackOutputs,
    door: ClusterDoor,
    lab: { readonly url: string } | undefined,
): Promise<Target> {
    const { admin, exposure, registryUrl } = outputs;
    const credentials = {
        user: admin.user,
        password: await readSecret(outputs, admin.secretName, admin.secretKey, door),
    };
    if (lab !== undefined) {
        const withoutEntry = "in a lab only Harbor's core stands in, without portal and proxy";
        return { outputs, url: lab.url, ...credentials, withoutEntry };
    }
    const caSecret = "caSecret" in exposure ? exposure.caSecret : undefined;
    const ca = caSecret === undefined ? undefined : await readSecret(outputs, caSecret, "ca.crt", door);
    return { outputs, url: registryUrl, ...credentials, ...(ca === undefined ? {} : { ca }) };
}
