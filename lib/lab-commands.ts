/** The lab of a command that names none. */
export const defaultLab = "anchorage";

/** What a user types to do something with a lab: `npx anchorage lab start --name target`. */
export function labCommand(verb: "start" | "stop" | "kubeconfig" | "reset" | "charts", name: string): string {
    return `npx anchorage lab ${verb}${name === defaultLab ? "" : ` --name ${name}`}`;
}
