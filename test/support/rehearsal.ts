import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Engine, EngineEvent, EngineResult, ResourceChange } from "../../automation/engine";
import { createRehearsalEngine } from "../../automation/engines/rehearsal";
import { ExitCode, UserError } from "../../lib/errors";
import { anchorageHome } from "../../lib/home";

/** A project of its own in a temporary folder, with one stack on the rehearsal engine. */
export interface TestStack {
    readonly folder: string;
    readonly stack: string;
    /** All events so far. */
    readonly events: EngineEvent[];
    /** Where the engine keeps its record. */
    readonly stateFile: string;
    readonly lockFile: string;
    /** An engine whose program sees these settings, over those of the stack. */
    engine(settings?: Readonly<Record<string, unknown>>): Engine;
    up(settings?: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<EngineResult>;
    preview(settings?: Readonly<Record<string, unknown>>): Promise<EngineResult>;
    /** Deletes the project and the record; not what the stack made. */
    remove(): Promise<void>;
}

/** `program` is the name of a file in test/support/programs. */
export async function makeTestStack(program: string, settings: Readonly<Record<string, unknown>>): Promise<TestStack> {
    const folder = await mkdtemp(path.join(tmpdir(), "anchorage-test-"));
    const project = path.basename(folder).toLowerCase();
    const stack = "test";
    await writeFile(path.join(folder, "Pulumi.yaml"), `name: ${project}\nruntime: nodejs\n`);
    const events: EngineEvent[] = [];
    const onEvent = (event: EngineEvent): void => void events.push(event);
    const file = path.join(__dirname, "programs", `${program}.ts`);
    const engine = (overrides: Readonly<Record<string, unknown>> = {}): Engine =>
        createRehearsalEngine(
            { projectRoot: folder, stack, overrides: { ...settings, ...overrides } },
            { program: file },
        );
    const base = path.join(anchorageHome(), "state", project, stack);
    return {
        folder,
        stack,
        events,
        stateFile: `${base}.json`,
        lockFile: `${base}.lock`,
        engine,
        up: (overrides, signal) => engine(overrides).up({ onEvent, ...(signal ? { signal } : {}) }),
        preview: (overrides) => engine(overrides).preview({ onEvent }),
        async remove() {
            await rm(folder, { recursive: true, force: true });
            await rm(path.dirname(base), { recursive: true, force: true });
        },
    };
}

/** `create map-a, update map-b`: what was changed, sorted; resources that stayed the same are left out. */
export function changed({ changes }: Pick<EngineResult, "changes">): string[] {
    const custom = changes.filter(({ op, type }) => op !== "same" && !/^pulumi:(pulumi|providers):/.test(type));
    return custom.map(({ op, name }) => `${op} ${name}`).sort();
}

/** The change of one resource. */
export function changeOf({ changes }: Pick<EngineResult, "changes">, name: string): ResourceChange {
    const found = changes.find((change) => change.name === name);
    if (!found) throw new Error(`no change of ${name} among ${changes.map((change) => change.name).join(", ")}`);
    return found;
}

/** For `assert.rejects`: an error for the user whose whole text matches. */
export function told(text: RegExp, exitCode: ExitCode = ExitCode.failed): (error: unknown) => true {
    return (error) => {
        if (!(error instanceof UserError)) throw error;
        assert.match(error.render(), text);
        assert.equal(error.exitCode, exitCode);
        return true;
    };
}
