import { UserError } from "./errors";
import { readFileIfPresent } from "./files";
import { labCommand } from "./lab-commands";
import { labEndpointsFile, labHarborsFile, type LabEndpoints } from "./home";

/** What a lab hands over. @throws UserError for a lab that was never started */
export async function readLabEndpoints(name: string): Promise<LabEndpoints> {
    const text = await readFileIfPresent(labEndpointsFile(name));
    if (text === undefined) {
        throw new UserError(`there is no lab ${JSON.stringify(name)}`, {
            next: [labCommand("start", name)],
        });
    }
    return JSON.parse(text) as LabEndpoints;
}

/**
 * Where the Harbor of a namespace is served: `http://127.0.0.1:PORT`, which answers 503 until its core is Ready. Several
 * stacks of one lab have each their own. Undefined where the lab has none, or does not know the namespace yet.
 */
export async function readLabHarbor(name: string, namespace: string): Promise<string | undefined> {
    const text = await readFileIfPresent(labHarborsFile(name));
    return text === undefined ? undefined : (JSON.parse(text) as Readonly<Partial<Record<string, string>>>)[namespace];
}
