import path from "node:path";
import type { Operation } from "../../engine";
import { ExitCode, messageOf, UserError } from "../../../lib/errors";
import { readFileIfPresent, writeFileAtomic } from "../../../lib/files";
import { openCipher, sealed, unsealed, type Cipher, type EncryptionHeader } from "./encryption";
import type { Values } from "./values";

/** An operation that was begun and of which we do not know yet how it ended. */
export interface Pending {
    readonly op: Operation;
    /** ISO time. */
    readonly since: string;
    /** The program that does the work (helm, a command), which may outlive a killed engine. */
    readonly process?: { readonly pid: number; readonly start?: string };
}

/** A resource on record. `inputs` and `outputs` carry the marks of secrets (values.ts). */
export interface ResourceRecord {
    readonly urn: string;
    readonly type: string;
    readonly name: string;
    readonly parent?: string;
    readonly custom: boolean;
    readonly id?: string;
    readonly protect: boolean;
    readonly retainOnDelete: boolean;
    readonly deletedWith?: string;
    readonly dependencies: readonly string[];
    /** URN of the provider, where one was named. */
    readonly provider?: string;
    readonly inputs: Values;
    readonly outputs: Values;
    readonly timeouts: Timeouts;
    /** A newer resource has taken its place; it is to be deleted. */
    readonly condemned?: boolean;
    readonly pending?: Pending;
}

/** Texts like "10m", as customTimeouts gives them. */
export interface Timeouts {
    readonly create?: string;
    readonly update?: string;
    readonly delete?: string;
}

interface StateFile {
    readonly format: number;
    readonly writtenBy: string;
    readonly project: string;
    readonly stack: string;
    readonly updatedAt: string;
    readonly encryption: EncryptionHeader;
    readonly outputs: Values;
    readonly resources: readonly ResourceRecord[];
}

const format = 1;
const writtenBy = "Anchorage's rehearsal engine";

/** Where the records of a stack are kept, and its lock and key beside it. */
export function stateFiles(home: string, project: string, stack: string): { state: string; lock: string; key: string } {
    const base = path.join(home, "state", project, stack);
    return { state: `${base}.json`, lock: `${base}.lock`, key: `${base}.key` };
}

/**
 * The record of a stack: what exists, and its outputs. Every {@link save} writes the file atomically; saves
 * that are asked for while one is under way share the next one.
 */
export class State {
    /** In the order in which they were made; a URN may stand twice, once condemned. */
    records: ResourceRecord[];
    outputs: Values;
    private saving: Promise<void> = Promise.resolve();
    private queued: Promise<void> | undefined;
    /** What was written of a record, as long as it is the same. */
    private readonly written = new WeakMap<ResourceRecord, ResourceRecord>();

    private constructor(
        private readonly file: string,
        private readonly project: string,
        private readonly stack: string,
        private readonly cipher: Cipher,
        content: StateFile | undefined,
    ) {
        this.records = (content?.resources ?? []).map((record) => unsealed(record as never, cipher) as never);
        this.outputs = unsealed(content?.outputs ?? {}, cipher) as Values;
    }

    /** @throws UserError when the file is damaged, from a newer format or encrypted with another key */
    static async open(
        home: string,
        project: string,
        stack: string,
        passphrase = process.env["PULUMI_CONFIG_PASSPHRASE"],
    ): Promise<State> {
        const files = stateFiles(home, project, stack);
        const content = parseState(files.state, await readFileIfPresent(files.state));
        const cipher = await openCipher(files.key, passphrase, content?.encryption);
        return new State(files.state, project, stack, cipher, content);
    }

    /** The record in force of a URN. */
    find(urn: string): ResourceRecord | undefined {
        return this.records.find((record) => record.urn === urn && record.condemned !== true);
    }

    /** Puts a record in the place of another, or at the end. */
    put(record: ResourceRecord, replaced: ResourceRecord | undefined = this.find(record.urn)): void {
        const index = replaced === undefined ? -1 : this.records.indexOf(replaced);
        if (index < 0) this.records.push(record);
        else this.records[index] = record;
    }

    /** By what it is: the process that works on it may have been written down since, in another object. */
    remove({ urn, id, condemned }: ResourceRecord): void {
        this.records = this.records.filter(
            (other) => other.urn !== urn || other.id !== id || other.condemned !== condemned,
        );
    }

    async save(): Promise<void> {
        this.queued ??= this.saving.then(async () => {
            this.queued = undefined;
            await this.write();
        });
        const write = this.queued;
        // A failed save is told to those who asked for it; the next one begins all the same.
        this.saving = write.catch(() => undefined);
        return write;
    }

    private sealedRecord(record: ResourceRecord): ResourceRecord {
        const known = this.written.get(record) ?? (sealed(record as never, this.cipher) as never);
        this.written.set(record, known);
        return known;
    }

    private async write(): Promise<void> {
        const content: StateFile = {
            format,
            writtenBy,
            project: this.project,
            stack: this.stack,
            updatedAt: new Date().toISOString(),
            encryption: this.cipher.header,
            outputs: sealed(this.outputs, this.cipher) as Values,
            resources: this.records.map((record) => this.sealedRecord(record)),
        };
        try {
            await writeFileAtomic(this.file, `${JSON.stringify(content, undefined, 1)}\n`, 0o600);
        } catch (error) {
            throw new UserError(`the state cannot be written: ${messageOf(error)}`, {
                cause: error,
                next: [`make room and see that this folder can be written: ${path.dirname(this.file)}`],
            });
        }
    }
}

function parseState(file: string, content: string | undefined): StateFile | undefined {
    if (content === undefined) return undefined;
    const unreadable = (what: string, next: string, cause?: unknown): UserError =>
        new UserError(`${file} ${what}; it was left as it is`, { exitCode: ExitCode.refused, next: [next], cause });
    let parsed: Partial<StateFile> | null;
    try {
        parsed = JSON.parse(content) as Partial<StateFile> | null;
    } catch (error) {
        throw unreadable("is damaged: it is no JSON", "put a copy of it back, or reset the lab and delete it", error);
    }
    if (typeof parsed !== "object" || parsed === null || typeof parsed.format !== "number") {
        throw unreadable("is no state of the rehearsal engine", "move it away");
    }
    if (parsed.format > format) {
        throw unreadable(
            `is of format ${String(parsed.format)}, and this version reads up to ${String(format)}`,
            "use the version of Anchorage that wrote it",
        );
    }
    if (!Array.isArray(parsed.resources) || !parsed.encryption) {
        throw unreadable(
            "is damaged: parts of it are missing",
            "put a copy of it back, or reset the lab and delete it",
        );
    }
    return parsed as StateFile;
}
