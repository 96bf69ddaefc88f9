import { setTimeout as delay } from "node:timers/promises";
import type { RegistryClient } from "../../harbor/registry/registry-client";
import { digestOf, type Image } from "../../harbor/registry/image";

/** Seconds in which something failed. */
export interface Outage {
    readonly seconds: number;
    /** The longest stretch of them. */
    readonly longest: number;
}

export interface Measured {
    readonly pulls: Outage;
    readonly pushes: Outage;
}

/** Milliseconds between two tries of each. */
const probeEvery = 250;

/** Adds up the time between a failure and the next success. */
export class OutageClock {
    private failedSince: number | undefined;
    private readonly stretches: number[] = [];

    /** @param at milliseconds since 1970 at which the try began */
    note(worked: boolean, at: number): void {
        if (!worked) this.failedSince ??= at;
        else if (this.failedSince !== undefined) this.end(at);
    }

    /** @param at when it was looked at for the last time */
    outage(at: number): Outage {
        if (this.failedSince !== undefined) this.end(at);
        const seconds = (milliseconds: number): number => Math.round(milliseconds / 100) / 10;
        return {
            seconds: seconds(this.stretches.reduce((all, one) => all + one, 0)),
            longest: seconds(Math.max(0, ...this.stretches)),
        };
    }

    private end(at: number): void {
        if (this.failedSince !== undefined) this.stretches.push(at - this.failedSince);
        this.failedSince = undefined;
    }
}

/** A client that pulls a known image by its digest, and pushes it, again and again: what users notice of an upgrade. */
export class Prober {
    private readonly stopped = new AbortController();
    private readonly pulls = new OutageClock();
    private readonly pushes = new OutageClock();
    private readonly running: Promise<unknown>;

    constructor(
        registry: Pick<RegistryClient, "pullManifest" | "push">,
        repository: string,
        image: Image,
        private readonly now: () => number = Date.now,
    ) {
        const digest = digestOf(image.manifest);
        this.running = Promise.all([
            this.repeat(this.pulls, () => registry.pullManifest(repository, digest)),
            this.repeat(this.pushes, () => registry.push(repository, "probe", image)),
        ]);
    }

    async stop(): Promise<Measured> {
        this.stopped.abort();
        await this.running;
        return { pulls: this.pulls.outage(this.now()), pushes: this.pushes.outage(this.now()) };
    }

    private async repeat(clock: OutageClock, tryIt: () => Promise<unknown>): Promise<void> {
        const { signal } = this.stopped;
        while (!signal.aborted) {
            const beganAt = this.now();
            // Whatever it is that fails: a client sees no difference.
            const worked = await tryIt().then(
                () => true,
                () => false,
            );
            clock.note(worked, beganAt);
            await delay(probeEvery, undefined, { signal }).catch(() => undefined);
        }
    }
}
