import type { LeaseObjects } from "../../automation/backup/lock";
import { UserError } from "../../lib/errors";
import { ExecFailure } from "../../lib/exec";

interface Stored {
    metadata: {
        name: string;
        resourceVersion?: string;
        annotations?: Record<string, string>;
        managedFields?: readonly { readonly time: string }[];
    };
    spec: { holderIdentity: string; renewTime: string };
}

/** The one Lease of a namespace as an API server keeps it: of two writers that read the same, one is refused. */
export class FakeLease implements LeaseObjects {
    stored: Stored | undefined;
    /** Milliseconds that the API server's clock is ahead. */
    skewMs = 0;
    /** Called before each write; may throw, or write itself. */
    beforeWrite: () => void | Promise<void> = () => undefined;
    private version = 0;

    async kubectl(what: string, args: readonly string[], input?: string): Promise<string> {
        const [verb] = args;
        if (verb === "get") {
            const isIt = this.stored !== undefined && args.includes(this.stored.metadata.name);
            return isIt ? JSON.stringify(this.stored) : "";
        }
        await this.beforeWrite();
        const wanted = JSON.parse(input ?? "") as Stored;
        if (verb === "create" && this.stored !== undefined) throw this.refusal(what, "AlreadyExists");
        if (verb === "replace" && this.stored === undefined) throw this.refusal(what, "NotFound");
        if (verb === "replace" && wanted.metadata.resourceVersion !== this.stored?.metadata.resourceVersion) {
            throw this.refusal(what, "Conflict");
        }
        this.put(wanted);
        return JSON.stringify(this.stored);
    }

    /** As somebody else does. */
    put(wanted: Stored): void {
        const time = new Date(Date.now() + this.skewMs).toISOString();
        const metadata = { ...wanted.metadata, resourceVersion: String(++this.version), managedFields: [{ time }] };
        this.stored = { ...wanted, metadata };
    }

    get holder(): string {
        return this.stored?.spec.holderIdentity ?? "";
    }

    get pending(): unknown {
        const text = this.stored?.metadata.annotations?.["anchorage.dev/pending"];
        return text === undefined ? undefined : (JSON.parse(text) as unknown);
    }

    private refusal(what: string, reason: string): UserError {
        const stderr = `Error from server (${reason}): error when replacing "STDIN": leases "x"`;
        const cause = new ExecFailure("kubectl ended with exit code 1", "kubectl", 1, "", stderr, undefined, {});
        return new UserError(`cannot ${what}`, { cause });
    }
}
