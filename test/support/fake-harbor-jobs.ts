import type { ServerResponse } from "node:http";
import { openHarbor, type OpenedClient } from "../../harbor/client/client";
import { harborError, json, Loopback, type Seen } from "../harbor/client/loopback";

/**
 * A Harbor as a backup sees it: read-only mode and queues with Harbor's own refusals (facts of a running 2.15.2: in
 * read-only mode every change but the configuration's is 403 DENIED), in memory.
 */
export class FakeHarborJobs {
    readOnly = false;
    /** CONFIG_OVERWRITE_JSON is set. */
    locked = false;
    /** Takes the setting and does not act by it. */
    deaf = false;
    unhealthy = false;
    readonly queues = new Map<string, boolean>(
        ["GARBAGE_COLLECTION", "REPLICATION", "SCHEDULER", "WEBHOOK"].map((name) => [name, false]),
    );
    /** Jobs that workers have; each look takes one off where `jobsEnd`. */
    jobs: string[] = [];
    jobsEnd = true;
    /** Seconds that its clock is ahead. */
    clockAhead = 0;
    /** Changes that were made, in order. */
    readonly order: string[] = [];
    /** Called before each change; what it returns is answered as a 500. */
    refuse: (change: string) => boolean = () => false;
    private server: Loopback | undefined;
    private opened: OpenedClient | undefined;

    static async start(): Promise<FakeHarborJobs> {
        const fake = new FakeHarborJobs();
        fake.server = await Loopback.start((request, response) => {
            fake.answer(request, response);
        });
        return fake;
    }

    get url(): string {
        return this.server?.url ?? "";
    }

    get client(): OpenedClient["client"] {
        this.opened ??= openHarbor({
            url: this.url,
            user: "admin",
            password: "Harbor-of-a-fake-1",
            retry: { attempts: 1 },
        });
        return this.opened.client;
    }

    get paused(): string[] {
        return [...this.queues].flatMap(([name, paused]) => (paused ? [name] : []));
    }

    async stop(): Promise<void> {
        await this.opened?.close();
        await this.server?.stop();
    }

    private answer(request: Seen, response: ServerResponse): void {
        const { method, path, body } = request;
        const { pathname } = new URL(path, "http://h");
        const resource = pathname.replace("/api/v2.0", "");
        if (method === "GET") {
            this.get(resource, response);
            return;
        }
        const change = `${resource} ${body}`;
        if (this.readOnly && resource !== "/configurations") {
            harborError(response, 403, "DENIED", "The system is in read only mode. Any modification is prohibited.");
        } else if (this.refuse(change)) {
            harborError(response, 400, "BAD_REQUEST", "refused by the test");
        } else this.change(resource, body, response);
    }

    private change(resource: string, body: string, response: ServerResponse): void {
        const [, queue] = /^\/jobservice\/queues\/(.+)$/.exec(resource) ?? [];
        if (queue !== undefined) {
            const { action } = JSON.parse(body) as { action: string };
            this.queues.set(queue, action === "pause");
            this.order.push(`${action} ${queue}`);
        } else if (this.locked) {
            harborError(response, 403, "FORBIDDEN", "current config is init by env variable: CONFIG_OVERWRITE_JSON");
            return;
        } else {
            const { read_only } = JSON.parse(body) as { read_only: boolean };
            if (!this.deaf) this.readOnly = read_only;
            this.order.push(`read-only ${String(read_only)}`);
        }
        response.writeHead(200).end();
    }

    private get(resource: string, response: ServerResponse): void {
        if (resource === "/configurations") {
            json(response, { read_only: { value: this.readOnly, editable: !this.locked } });
        } else if (resource === "/systeminfo") {
            const current_time = new Date(Date.now() + this.clockAhead * 1000).toISOString();
            json(response, { harbor_version: "v2.15.2-080b0220", read_only: this.readOnly, current_time });
        } else if (resource === "/health") {
            const status = this.unhealthy ? "unhealthy" : "healthy";
            json(response, { status, components: [{ name: "jobservice", status, error: "no redis" }] });
        } else if (resource === "/jobservice/queues") {
            json(
                response,
                [...this.queues].map(([job_type, paused]) => ({ job_type, paused })),
            );
        } else if (resource === "/jobservice/pools/all/workers") {
            const busy = this.jobs.map((job_name, index) => ({ id: String(index), pool_id: "p", job_name }));
            if (this.jobsEnd) this.jobs = this.jobs.slice(1);
            json(response, [...busy, { id: "idle", pool_id: "p" }]);
        } else if (resource === "/schedules") {
            json(response, [{ id: 1, vendor_type: "GARBAGE_COLLECTION", vendor_id: -1, cron: "0 0 2 * * *" }]);
        } else json(response, []);
    }
}
