import { UserError } from "./errors";
import { readFileIfPresent } from "./files";
import { labCommand } from "./lab-commands";
import { labEndpointsFile, type LabEndpoints } from "./home";

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
