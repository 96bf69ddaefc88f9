import { hostname, userInfo } from "node:os";
import type { RecordObjects } from "../upgrade/record";
import { readRelease, writeRelease, type ReleaseRecord } from "./record";
import type { WayBack } from "./steps";
import { decideWayBack, type Present } from "./way-back";

/** What a release writes down of itself, and reads of the one before. */
export class ReleaseBook {
    constructor(
        private readonly objects: () => Promise<RecordObjects>,
        private readonly present: () => Promise<Present>,
    ) {}

    async read(): Promise<ReleaseRecord | undefined> {
        return readRelease(await this.objects());
    }

    async require(): Promise<ReleaseRecord> {
        const record = await this.read();
        if (record === undefined) throw new Error("there is no record of a release");
        return record;
    }

    async wayBack(failed: string): Promise<WayBack | string> {
        return decideWayBack(failed, await this.read(), await this.present());
    }

    /** What is there now is good. */
    async keep(): Promise<void> {
        const { harbor, settings } = await this.present();
        const by = `${userInfo().username}@${hostname()}`;
        await this.write({ version: 1, good: { settings, harbor, at: new Date().toISOString(), by } });
    }

    /** It goes back. */
    async turn(kind: WayBack["kind"], why: string): Promise<void> {
        const { version, good } = await this.require();
        const { settings } = await this.present();
        const since = new Date().toISOString();
        await this.write({ version, good, back: { kind, since, why, failed: settings } });
    }

    /** It is back, or does not go there any more. */
    async returned(): Promise<void> {
        const { version, good } = await this.require();
        await this.write({ version, good });
    }

    private async write(record: ReleaseRecord): Promise<void> {
        await writeRelease(await this.objects(), record);
    }
}
