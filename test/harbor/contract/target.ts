import { adminPassword, TestHarbor } from "../../support/stand-in";
import { testRegistry } from "../../support/stand-in-registry";

/** A Harbor to run the suite on. */
export interface Target {
    readonly url: string;
    /** Of the user admin. */
    readonly password: string;
    /** False for the lab's stand-in. */
    readonly real: boolean;
}

let standIn: Promise<Target> | undefined;

/** What HARBOR_URL and HARBOR_PASSWORD name, else the stand-in, started once for all files. */
export async function contractTarget(): Promise<Target> {
    const url = process.env["HARBOR_URL"];
    if (url !== undefined && url !== "") {
        const password = process.env["HARBOR_PASSWORD"];
        if (password === undefined) throw new Error("HARBOR_URL is set: set HARBOR_PASSWORD, admin's password, too");
        return { url: new URL(url).origin, password, real: true };
    }
    standIn ??= startStandIn();
    return standIn;
}

/** The lab's stand-in of core, with the registry behind it. */
async function startStandIn(): Promise<Target> {
    const { url } = await TestHarbor.start({ registry: await testRegistry(), timeWindow: 0 });
    return { url, password: adminPassword, real: false };
}
