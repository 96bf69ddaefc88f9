import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { CommanderError, type Command } from "commander";
import { buildCommands } from "../../automation/commands";
import { UserError } from "../../lib/errors";
import { projectRoot } from "../../lib/home";

/** Parses a command line; the verb itself does not run. @returns the flags that it would run with */
async function parse(...argv: string[]): Promise<Record<string, unknown>> {
    let flags: Record<string, unknown> | undefined;
    const program = buildCommands((given) => {
        flags = { ...given };
        return Promise.resolve();
    });
    silence(program);
    await program.parseAsync(["node", "anchorage", ...argv]);
    assert.ok(flags, `anchorage ${argv.join(" ")} ran no verb`);
    return flags;
}

function silence(command: Command): void {
    command.configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
    command.commands.forEach(silence);
}

function verbs(command: Command, prefix = ""): [string, Command][] {
    return command.commands.flatMap((child) => {
        const name = `${prefix}${child.name()}`;
        return child.commands.length > 0 ? verbs(child, `${name} `) : [[name, child] as [string, Command]];
    });
}

function helpOf(command: Command): string {
    let help = "";
    command.configureOutput({ writeOut: (text) => (help += text) });
    command.outputHelp();
    return help;
}

/** Every `npx anchorage …` in the code blocks and inline code of the documentation. */
function documentedCommands(): { file: string; args: string[] }[] {
    const files = [
        "README.md",
        "CONTRIBUTING.md",
        ...readdirSync(path.join(projectRoot, "docs")).map((f) => `docs/${f}`),
    ];
    return files
        .filter((file) => file.endsWith(".md"))
        .flatMap((file) => {
            const text = readFileSync(path.join(projectRoot, file), "utf8");
            return [...text.matchAll(/npx anchorage ([^`\n|#)]+)/g)].map(([, line = ""]) => ({
                file,
                args: (line.split(/ [&|>]/)[0] ?? "").trim().split(/\s+/),
            }));
        });
}

describe("command line", () => {
    const program = buildCommands(() => Promise.resolve());

    it("has the verbs of the foundation", () => {
        assert.deepEqual(
            verbs(program)
                .map(([name]) => name)
                .sort(),
            [
                "backup delete",
                "backup list",
                "backup prune",
                "backup show",
                "backup unlock",
                "backup verify",
                "catalogue check",
                "destroy",
                "drill disaster",
                "lab charts",
                "lab kubeconfig",
                "lab list",
                "lab reset",
                "lab start",
                "lab status",
                "lab stop",
                "lab tools",
                "migrate",
                "open",
                "outputs",
                "plan",
                "preview",
                "recover",
                "release",
                "restore",
                "start",
                "status",
                "up",
                "upgrade parts",
                "upgrade plan",
                "upgrade resume",
                "upgrade rollback",
                "upgrade run",
                "verify",
            ],
        );
    });

    for (const [name, command] of verbs(program)) {
        it(`${name} has a description, --json, and examples of itself`, () => {
            const help = helpOf(command);
            assert.ok(command.description().length > 10);
            assert.match(help, /--json/);
            assert.ok(help.includes(`npx anchorage ${name}`), help);
        });
    }

    it("documents the exit codes", () => {
        const help = helpOf(buildCommands(() => Promise.resolve()));
        for (const code of ["0 ", "1 ", "2 ", "3 ", "130"]) assert.ok(help.includes(`  ${code}`), code);
    });

    it("has defaults, and takes flags", async () => {
        assert.deepEqual(await parse("preview"), { stack: "lab", engine: "auto" });
        assert.deepEqual(await parse("up", "-s", "dev", "--engine", "pulumi", "-y", "--json"), {
            stack: "dev",
            engine: "pulumi",
            yes: true,
            json: true,
        });
        assert.deepEqual(await parse("lab", "start", "--nodes", "5"), { name: "anchorage", nodes: 5 });
    });

    const wrong: readonly (readonly [argv: string[], message: RegExp])[] = [
        [["pu"], /unknown command 'pu'[^]*Did you mean up/],
        [["up", "--stak", "dev"], /unknown option '--stak'[^]*Did you mean --stack/],
        [["up", "--engine", "terraform"], /Allowed choices are auto, pulumi, rehearsal/],
        [["preview", "dev"], /too many arguments/],
        [["lab", "strat"], /unknown command 'strat'/],
    ];
    for (const [argv, message] of wrong) {
        it(`refuses: ${argv.join(" ")}`, async () => {
            await assert.rejects(
                parse(...argv),
                (error: unknown) =>
                    error instanceof CommanderError && error.exitCode !== 0 && message.test(error.message),
            );
        });
    }

    it("refuses a number of nodes that is none", async () => {
        for (const nodes of ["0", "-1", "two", "1.5"]) {
            await assert.rejects(
                parse("lab", "start", "--nodes", nodes),
                (error: unknown) => error instanceof UserError && error.message.includes(JSON.stringify(nodes)),
            );
        }
    });

    it("knows every command that the documentation shows", async () => {
        const commands = documentedCommands();
        assert.ok(commands.length >= 10, `only ${String(commands.length)} commands found`);
        for (const { file, args } of commands) {
            if (args.includes("--help") || args[0]?.startsWith("<")) continue;
            await assert.doesNotReject(parse(...args), `${file}: npx anchorage ${args.join(" ")}`);
        }
    });
});
