import { createHash, randomUUID } from "node:crypto";
import { z } from "zod";
import type { Core } from "../core";
import { badRequest, notFound } from "../http/errors";
import { compact, done, ok, page } from "../http/reply";
import { isJobType } from "../jobs";
import { Routes } from "../http/router";

const actionForm = z.object({ action: z.enum(["stop", "pause", "resume"]) });

/** The one pool of workers, made with the process. */
const pool = createHash("sha256").update(randomUUID()).digest("hex").slice(0, 24);
const concurrency = 10;
const startedAt = new Date().toISOString();

/** Jobservice: pools, workers, queues, schedules. Source: src/server/v2.0/handler/jobservice.go, schedule.go. */
export function jobRoutes({ guard, jobs, tables }: Core): Routes {
    const routes = new Routes();

    routes.get("/jobservice/pools", (request) => {
        guard.requireSystem(request, "jobservice-monitor", "list");
        const heartbeat_at = new Date().toISOString();
        return ok([{ pid: process.pid, worker_pool_id: pool, start_at: startedAt, heartbeat_at, concurrency }]);
    });

    routes.get("/jobservice/pools/:pool/workers", async (request) => {
        guard.requireSystem(request, "jobservice-monitor", "list");
        const wanted = request.param("pool");
        if (wanted !== "all" && wanted !== pool) throw notFound(`worker pool ${wanted}`);
        const running = await tables.executions.all({ status: "Running" });
        return ok(
            Array.from({ length: concurrency }, (_, index) => {
                const job = running[index];
                const worker = { id: `${pool}-${String(index)}`, pool_id: pool };
                if (!job) return worker;
                return { ...worker, job_name: job.vendor_type, job_id: String(job.id), start_at: job.start_time };
            }),
        );
    });

    routes.put("/jobservice/jobs/:id", async (request) => {
        guard.requireSystem(request, "jobservice-monitor", "stop");
        const wanted = request.param("id");
        const running = await tables.executions.all({ status: "Running" });
        // One that there is not is stopped without an error.
        const stopped = wanted === "all" ? running : running.filter(({ id }) => String(id) === wanted);
        for (const { id } of stopped) await jobs.stop(id);
        return done;
    });

    routes.get("/jobservice/jobs/:id/log", async (request) => {
        guard.requireSystem(request, "jobservice-monitor", "list");
        const wanted = request.param("id");
        const execution = /^\d+$/.test(wanted) ? await tables.executions.get(Number(wanted)) : undefined;
        if (!execution) throw notFound(`job ${wanted}`);
        return { status: 200, body: execution.log };
    });

    routes.get("/jobservice/queues", async (request) => {
        guard.requireSystem(request, "jobservice-monitor", "list");
        const queues = await jobs.queues();
        return ok(
            await Promise.all(
                queues
                    .filter(({ job_type }) => isJobType(job_type))
                    .map(async ({ job_type, paused, pending }) => {
                        const [oldest] = pending;
                        const since =
                            oldest === undefined ? undefined : (await tables.executions.get(oldest))?.start_time;
                        const latency = since === undefined ? 0 : Math.round((Date.now() - Date.parse(since)) / 1000);
                        return compact({ job_type, count: pending.length, latency, paused }, "paused");
                    }),
            ),
        );
    });

    routes.put("/jobservice/queues/:type", async (request) => {
        const { action } = await request.body(actionForm);
        guard.requireSystem(request, "jobservice-monitor", "stop");
        await jobs.act(request.param("type").toUpperCase(), action);
        return done;
    });

    routes.get("/schedules", async (request) => {
        const query = request.list();
        guard.requireSystem(request, "jobservice-monitor", "list");
        const { rows, total } = await tables.schedules.list({}, query);
        return page(
            request,
            query,
            total,
            rows.map(({ id, vendor_type, vendor_id, cron, update_time }) =>
                compact({ id, vendor_type, vendor_id, cron, update_time }),
            ),
        );
    });

    routes.get("/schedules/:type/paused", async (request) => {
        guard.requireSystem(request, "jobservice-monitor", "list");
        if (request.param("type") !== "all") throw badRequest("the job_type can only be 'all'");
        return ok({ paused: await jobs.isPaused("SCHEDULER") });
    });

    return routes;
}
