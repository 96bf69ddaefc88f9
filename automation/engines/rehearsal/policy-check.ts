import { ExitCode, UserError } from "../../../lib/errors";
import type { PolicyPacks, Subject, Violation } from "./policies";

/**
 * Asks the policy packs of one operation about each resource before it is made, and about all of them at its end. A
 * preview goes on and tells everything that is broken; an update stops at the first mandatory rule.
 */
export class PolicyCheck {
    private readonly subjects: Subject[] = [];
    private readonly broken: string[] = [];

    constructor(
        private readonly packs: PolicyPacks,
        private readonly options: {
            readonly preview: boolean;
            readonly stack: string;
            readonly tell: (violation: Violation) => void;
        },
    ) {}

    /** @throws UserError (exit code 3) where an update would break a mandatory rule */
    async resource(subject: Subject): Promise<void> {
        this.subjects.push(subject);
        this.note(await this.packs.ofResource(subject));
        if (!this.options.preview) this.requireKept();
    }

    /** After the last resource. @throws UserError (exit code 3) where a mandatory rule is broken by any of them */
    async stack(): Promise<void> {
        this.note(await this.packs.ofStack(this.subjects));
        this.requireKept();
    }

    close(): void {
        this.packs.close();
    }

    private note(violations: readonly Violation[]): void {
        for (const violation of violations) {
            this.options.tell(violation);
            if (violation.level === "mandatory") this.broken.push(violation.sentence);
        }
    }

    private requireKept(): void {
        if (this.broken.length === 0) return;
        const count =
            this.broken.length === 1 ? "a mandatory policy" : `${String(this.broken.length)} mandatory policies`;
        throw new UserError(`stack ${this.options.stack} breaks ${count}`, {
            details: this.broken,
            next: ["change the settings as each one says, and preview again"],
            exitCode: ExitCode.refused,
        });
    }
}
