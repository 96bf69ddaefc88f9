/** The end of a verb's help: commands as they are typed, each with what it does. */
export function examples(...rows: readonly (readonly [command: string, comment?: string])[]): string {
    const width = Math.max(...rows.map(([command]) => command.length));
    const lines = rows.map(([command, comment]) =>
        comment === undefined ? `  $ ${command}` : `  $ ${command.padEnd(width)}  # ${comment}`,
    );
    return `\nExamples:\n${lines.join("\n")}\n`;
}
