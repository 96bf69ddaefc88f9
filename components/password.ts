import { RandomPassword } from "@pulumi/random/randomPassword";
import type * as pulumi from "@pulumi/pulumi";

/** A password of 32 letters and digits, made once and kept in the stack's state: no shell, URL or DSN has to quote it. */
export function madePassword(name: string, parent: pulumi.Resource): pulumi.Output<string> {
    return new RandomPassword(name, { length: 32, special: false }, { parent }).result;
}
