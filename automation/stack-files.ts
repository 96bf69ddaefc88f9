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
