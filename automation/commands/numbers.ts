import { InvalidArgumentError } from "commander";

/** A flag's value that counts something, from 1 on. */
export function positiveInteger(text: string): number {
    if (/^[1-9][0-9]{0,5}$/.test(text)) return Number(text);
    throw new InvalidArgumentError("a number from 1 on");
}
