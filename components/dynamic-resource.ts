import * as pulumi from "@pulumi/pulumi";

/** As of `pulumi.dynamic.Resource`: the real engine and the rehearsal run what is registered under it. */
const type = "pulumi-nodejs:dynamic:Resource";

/**
 * A dynamic resource whose provider stands alone: each of its functions gets all that it needs from its arguments,
 * requires its modules itself, and calls nothing around it. So the text of the functions is the provider's serialised
 * form. `pulumi.dynamic.Resource` would find out the same by loading the TypeScript compiler to look for captured
 * variables: 0.7 s of every preview.
 */
export class SelfContainedResource extends pulumi.CustomResource {
    constructor(
        provider: pulumi.dynamic.ResourceProvider,
        name: string,
        properties: pulumi.Inputs,
        opts?: pulumi.CustomResourceOptions,
    ) {
        super(type, name, { ...properties, __provider: serialise(provider) }, opts);
    }
}

/**
 * A module that exports the provider as `handler`, the form that Pulumi's provider of dynamic resources loads.
 * @throws Error for a member that is not a method, whose text would not stand for it
 */
export function serialise(provider: pulumi.dynamic.ResourceProvider): string {
    const methods = Object.entries(provider).map(([name, method]) => {
        const text = String(method);
        if (!new RegExp(`^(async )?${name}\\(`).test(text)) {
            throw new Error(`${name} of a self-contained provider has to be written as a method`);
        }
        return text;
    });
    // esbuild, which translates our TypeScript, wraps inner functions in a call of __name.
    return `const __name = (value) => value;\nexports.handler = () => ({\n${methods.join(",\n")}\n});\n`;
}
