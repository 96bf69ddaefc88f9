import type { ExpectedDowntime, RestartedPart, Seconds } from "../../config/upgrade-downtime";
import type { SchemaMigration } from "../../config/schema-migration";
import type { PlannedChange, UpgradeHop } from "../../config/upgrade-plan";
import { count, type Style } from "./style";
import type { StackUpgradePlan } from "../upgrade/plan";

/** Columns that running text is broken at. */
const width = 100;
/** Columns before the text of a row. */
const indent = 14;

/** An upgrade's plan for a person: a part for each hop, a row for each thing to know. */
export function renderUpgradePlan(plan: StackUpgradePlan, style: Style): string[] {
    const { stack, from, to, hops, live } = plan;
    const source = live ? "installed" : "as said, nothing was asked";
    const title = style("bold", `${stack}: Harbor ${from} (${source}) → ${to}`);
    if (from === to) return [`${title}: nothing to do`];
    if (hops.length === 0) return [`${title}: there is no way`];
    return [
        `${title}, ${count(hops.length, "hop")}`,
        ...hops.flatMap((hop, index) => ["", ...hopLines(hop, index + 1, plan, style)]),
        "",
        style("bold", "Before each hop is backed up"),
        ...plan.backup.flatMap((sentence) => bullet(sentence)),
    ];
}

function hopLines(hop: UpgradeHop, number: number, plan: StackUpgradePlan, style: Style): string[] {
    const { from, to, fromChart, chart, changes } = hop;
    const expected = plan.expected[number - 1];
    const mine = changes.filter(({ touches }) => touches);
    const others = changes.filter(({ touches }) => !touches);
    return [
        style("bold", `Hop ${String(number)}: ${from} → ${to} (chart ${fromChart} → ${chart})`),
        ...row("database", database(hop, plan.migration)),
        ...(hop.cacheChange === undefined
            ? []
            : row("cache", `the internal ${hop.cacheChange.from} becomes ${hop.cacheChange.to}`)),
        ...(expected === undefined ? [] : clients(expected)),
        ...mine.flatMap(({ sentence }) => row("to change", `harbor.values: ${sentence}`)),
        ...section("changes", others.filter(isNotSaid)),
    ];
}

function database({ schema, migratesSchema, engineChange }: UpgradeHop, { by }: SchemaMigration): string {
    const who = by === "hook" ? "by a Job before any pod is replaced" : "by core at its start";
    const moved = migratesSchema
        ? `schema ${String(schema.from)} → ${String(schema.to)}, one way, ${who}`
        : `schema stays at ${String(schema.to)}`;
    if (engineChange === undefined) return moved;
    return `${moved}; rewritten from PostgreSQL ${String(engineChange.from)} to ${String(engineChange.to)}, one way`;
}

function clients({ pulls, why, restarts }: ExpectedDowntime): string[] {
    return [
        ...row("pulls", expectation(pulls)),
        ...why.flatMap((sentence) => row("", sentence)),
        ...row("pushes", "refused from the start of the backup until the hop is verified (Harbor is read-only)"),
        ...row("restarts", grouped(restarts)),
    ];
}

function expectation({ least, most }: Seconds): string {
    if (most === 0) return "expected to go on";
    return most === undefined
        ? `fail for ${String(least)} s at least`
        : `fail for ${String(least)} to ${String(most)} s (an estimate)`;
}

/** `one after the other: core (2); all at once: database` */
function grouped(restarts: readonly RestartedPart[]): string {
    const named = (how: RestartedPart["how"]): string =>
        restarts
            .filter((part) => part.how === how)
            .map(({ part, replicas }) => (replicas === 1 ? part : `${part} (${String(replicas)} pods)`))
            .join(", ");
    return [["new pod first: ", named("rolling")] as const, ["old pod first: ", named("recreate")] as const]
        .flatMap(([label, parts]) => (parts === "" ? [] : [label + parts]))
        .join("; ");
}

/** The engines of the bundled parts stand in rows of their own where the stack has them. */
function isNotSaid({ kind }: PlannedChange): boolean {
    return kind !== "bundled-engine";
}

function section(label: string, changes: readonly PlannedChange[]): string[] {
    return changes.flatMap(({ sentence }, index) => row(index === 0 ? label : "", sentence));
}

function row(label: string, text: string): string[] {
    return broken(text, `  ${label.padEnd(indent - 4)}  `, " ".repeat(indent));
}

function bullet(text: string): string[] {
    return broken(text, "  - ", "    ");
}

function broken(text: string, first: string, others: string): string[] {
    const lines: string[] = [];
    let line = first;
    let empty = true;
    for (const word of text.split(" ")) {
        if (!empty && line.length + 1 + word.length > width) {
            lines.push(line);
            [line, empty] = [others, true];
        }
        line += empty ? word : ` ${word}`;
        empty = false;
    }
    return [...lines, line];
}
