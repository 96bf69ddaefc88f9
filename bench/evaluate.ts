import { readFileSync } from "node:fs";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { projectRoot } from "../lib/home";

/**
 * Evaluates a program under the SDK's mocks, and ends: a process of its own, so
 * that loading it is part of what is measured. `node --require ./bin/typescript.js bench/evaluate.ts <module> [<stack>]`
 */
async function evaluate(module: string, stack: string): Promise<void> {
    const file = path.join(projectRoot, `Pulumi.${stack}.yaml`);
    const { config } = parse(readFileSync(file, "utf8")) as { readonly config?: Readonly<Record<string, unknown>> };
    const texts = Object.entries(config ?? {}).map(([key, value]) => [
        key,
        typeof value === "string" ? value : JSON.stringify(value),
    ]);
    pulumi.runtime.setAllConfig(Object.fromEntries(texts) as Record<string, string>);
    let resources = 0;
    await pulumi.runtime.setMocks(
        {
            newResource: (args) => {
                resources++;
                return { id: args.name, state: args.inputs as Record<string, unknown> };
            },
            call: (args) => args.inputs as Record<string, unknown>,
        },
        "anchorage",
        stack,
        false, // in a preview, an output that is not known yet would never be called back
    );
    // oxlint-disable-next-line typescript/no-require-imports -- the program, as Pulumi's own runner loads it
    const exported: unknown = require(path.resolve(projectRoot, module));
    const outputs = (typeof exported === "function" ? await (exported as () => unknown)() : exported) as pulumi.Inputs;
    await new Promise((done) => {
        pulumi.output(outputs).apply(done);
    });
    console.log(JSON.stringify({ resources }));
}

const [module = "index", stack = "lab"] = process.argv.slice(2);
evaluate(module, stack).catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
});
