import { readdir } from "node:fs/promises";
import { ExitCode, UserError } from "../lib/errors";

/** The stacks that have a Pulumi.<stack>.yaml in the project's folder, sorted. */
export async function listStacks(projectRoot: string): Promise<string[]> {
    const files = await readdir(projectRoot);
    return files.flatMap((file) => /^Pulumi\.([A-Za-z0-9_.-]+)\.yaml$/.exec(file)?.[1] ?? []).sort();
}

/** @throws UserError (exit code 2) for a stack without a settings file */
export async function requireStack(projectRoot: string, stack: string): Promise<void> {
    const stacks = await listStacks(projectRoot);
    if (stacks.includes(stack)) return;
    throw new UserError(`there is no stack ${JSON.stringify(stack)}: Pulumi.${stack}.yaml does not exist`, {
        details: [`stacks here: ${stacks.join(", ")}`],
        next: [`choose one with --stack, or write Pulumi.${stack}.yaml`],
        exitCode: ExitCode.usage,
    });
}

/** Name of the lab that `--lab` without a name means. */
export const rehearsalLab = "rehearsal";

/** The flags that choose a stack, as they are typed: `--stack public --lab`; nothing for the default. */
export function stackFlags({ stack, lab }: { readonly stack: string; readonly lab?: string | undefined }): string {
    const rehearsed = lab === undefined ? "" : lab === rehearsalLab ? " --lab" : ` --lab ${lab}`;
    return `${stack === "lab" ? "" : ` --stack ${stack}`}${rehearsed}`;
}
