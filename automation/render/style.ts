import { styleText } from "node:util";

export type Colour = "bold" | "dim" | "red" | "green" | "yellow" | "cyan" | "magenta";

/** Puts colour round a text, or leaves it as it is. */
export type Style = (colour: Colour, text: string) => string;

export const plain: Style = (_colour, text) => text;

/** Colours on a terminal, none elsewhere; NO_COLOR (https://no-color.org) and FORCE_COLOR are obeyed. */
export function styleFor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): Style {
    const forced = env["FORCE_COLOR"] !== undefined && env["FORCE_COLOR"] !== "0";
    const wanted = forced || (stream.isTTY === true && !env["NO_COLOR"] && env["TERM"] !== "dumb");
    // validateStream asks process.stdout, which need not be the stream at hand; that was decided above.
    return wanted ? (colour, text) => styleText(colour, text, { validateStream: false }) : plain;
}

/** `850 ms`, `12.3 s`, `2 min 5 s`. */
export function duration(milliseconds: number): string {
    if (milliseconds < 1_000) return `${String(Math.round(milliseconds))} ms`;
    const seconds = milliseconds / 1_000;
    if (seconds < 60) return `${seconds.toFixed(1)} s`;
    return `${String(Math.floor(seconds / 60))} min ${String(Math.round(seconds % 60))} s`;
}

/** `3 resources`, `1 resource`. */
export function count(n: number, noun: string): string {
    return `${String(n)} ${noun}${n === 1 ? "" : "s"}`;
}
