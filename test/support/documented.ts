import { readFileSync } from "node:fs";
import path from "node:path";
import { buildCommands } from "../../automation/commands";
import type { Context } from "../../automation/context";
import { projectRoot } from "../../lib/home";

/** The commands of a page's shell blocks, as arguments of `anchorage`, in its order. */
export function commandsOf(page: string): readonly (readonly string[])[] {
    const text = readFileSync(path.join(projectRoot, page), "utf8");
    const blocks = [...text.matchAll(/^ *```sh\n(.*?)^ *```/gms)].map(([, block = ""]) => block);
    return blocks
        .flatMap((block) => block.replaceAll("\\\n", " ").split("\n"))
        .flatMap((line) => [...(/npx anchorage ([^#|&]+)/.exec(line) ?? [])].slice(1))
        .map((line) => line.trim().split(/\s+/));
}

/** Runs a verb as it is typed, in this process. */
export async function runCommand(args: readonly string[], context: Context): Promise<void> {
    const program = buildCommands(async (_flags, work) => {
        await work(context);
    });
    await program.parseAsync(["node", "anchorage", ...args]);
}
