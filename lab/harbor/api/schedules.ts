import { z } from "zod";
import type { Core } from "../core";
import { isCron, nextTime } from "../cron";
import { badRequest, notFound, preconditionFailed } from "../http/errors";
import { compact, created, done, emptyJson, ok, page, zeroTime } from "../http/reply";
import type { ApiRequest } from "../http/request";
import { Routes } from "../http/router";
import { shownStatus } from "../jobs";
import type { Row } from "../store/collection";
import type { Execution, Schedule } from "../store/records";
import { collectGarbage } from "../registry/garbage";

const scheduleForm = z.object({
    schedule: z
        .object({
            type: z.enum(["Hourly", "Daily", "Weekly", "Custom", "Manual", "None", "Schedule"]).optional(),
            cron: z.string().default(""),
        })
        .nullish(),
    parameters: z.record(z.string(), z.unknown()).nullish(),
});

/** Schedules and runs of the system's own jobs. */
interface SystemJob {
    /** /system/gc */
    readonly path: string;
    readonly vendor: "GARBAGE_COLLECTION" | "PURGE_AUDIT_LOG";
    readonly resource: string;
    /** What Harbor keeps of the parameters that it is given. @throws 400 */
    readonly parameters: (given: Parameters, isManual: boolean, core: Core) => Parameters;
    readonly work: (core: Core, parameters: Parameters) => Promise<string>;
}

type Parameters = Readonly<Record<string, unknown>>;

const systemJobs: readonly SystemJob[] = [
    {
        path: "/system/gc",
        vendor: "GARBAGE_COLLECTION",
        resource: "garbage-collection",
        parameters: garbageParameters,
        work: collectGarbage,
    },
    {
        path: "/system/purgeaudit",
        vendor: "PURGE_AUDIT_LOG",
        resource: "purge-audit",
        parameters: purgeParameters,
        work: purgeAuditLog,
    },
];

/** A schedule keeps no dry_run: a trial is for once. */
function garbageParameters(given: Parameters, isManual: boolean, { timeWindow: time_window }: Core): Parameters {
    const { delete_tag, delete_untagged, dry_run, workers = 0 } = given;
    const kept = { delete_tag: delete_tag === true, delete_untagged: delete_untagged === true, workers };
    return isManual ? { ...kept, dry_run: dry_run === true, time_window } : kept;
}

/** Kept as they are; the two are asked for even where the schedule is to go. */
function purgeParameters(given: Parameters): Parameters {
    if (Object.keys(given).length === 0) throw badRequest("schedule parameter cann't be empty");
    for (const key of ["audit_retention_hour", "include_event_types"]) {
        if (given[key] === undefined) throw badRequest(`${key} should provide`);
    }
    return given;
}

async function purgeAuditLog({ tables }: Core, parameters: Parameters): Promise<string> {
    const hours = Number(parameters["audit_retention_hour"] ?? 0);
    const last = new Date(Date.now() - hours * 3_600_000).toISOString();
    const old = (await tables.auditLogs.all()).filter(({ op_time }) => op_time < last);
    if (parameters["dry_run"] !== true) for (const { id } of old) await tables.auditLogs.delete(id);
    return `${String(old.length)} audit logs\n`;
}

/** Source: src/server/v2.0/handler/gc.go, purge.go, scan_all.go. */
export function scheduleRoutes(core: Core): Routes {
    const routes = new Routes();
    for (const job of systemJobs) addSystemJob(routes, core, job);

    const { guard, tables } = core;
    const requireScanner = async (request: ApiRequest, action: string): Promise<void> => {
        guard.requireSystem(request, "scan-all", action);
        const scanners = await tables.scanners.all({ is_default: true });
        if (scanners.length === 0) throw preconditionFailed("no scanner configured, it's not possible to do scanAll");
    };
    routes.get("/system/scanAll/schedule", async (request) => {
        await requireScanner(request, "read");
        const schedule = await core.jobs.schedule("SCAN_ALL", 0);
        return schedule ? ok(showSchedule(schedule)) : emptyJson;
    });
    for (const method of ["post", "put"] as const) {
        routes[method]("/system/scanAll/schedule", async (request) => {
            const { schedule, parameters } = await request.body(scheduleForm);
            await requireScanner(request, method === "post" ? "create" : "update");
            await keep(core, "SCAN_ALL", schedule ?? { cron: "" }, parameters ?? {});
            return method === "post" ? { status: 201 } : done;
        });
    }
    routes.post("/system/scanAll/stop", async (request) => {
        await requireScanner(request, "stop");
        return { status: 202 };
    });
    return routes;
}

function addSystemJob(routes: Routes, core: Core, { path, vendor, resource, work, ...job }: SystemJob): void {
    const { guard, jobs, tables } = core;

    routes.get(`${path}/schedule`, async (request) => {
        guard.requireSystem(request, resource, "read");
        const schedule = await jobs.schedule(vendor, -1);
        return schedule ? ok(showSchedule(schedule)) : emptyJson;
    });

    for (const method of ["post", "put"] as const) {
        routes[method](`${path}/schedule`, async (request) => {
            const { schedule, parameters } = await request.body(scheduleForm);
            guard.requireSystem(request, resource, method === "post" ? "create" : "update");
            const { workers } = parameters ?? {};
            if (typeof workers === "number" && !(Number.isInteger(workers) && workers > 0 && workers <= 10)) {
                throw badRequest(
                    `Error: Invalid number of workers:${String(workers)}. Workers must be greater than 0 and less than or equal to 10.`,
                );
            }
            const given = job.parameters(parameters ?? {}, schedule?.type === "Manual", core);
            let id = 0;
            if (schedule?.type === "Manual") {
                const run = { vendor_id: -1, trigger: "MANUAL", parameters: given } as const;
                ({ id } = await jobs.start(vendor, run, () => work(core, given)));
            } else await keep(core, vendor, schedule ?? { cron: "" }, given);
            return method === "post" ? created(`/api/v2.0${path}/${String(id)}`) : done;
        });
    }

    routes.get(path, async (request) => {
        const query = request.list();
        guard.requireSystem(request, resource, "list");
        const { rows, total } = await tables.executions.list({ vendor_type: vendor }, query);
        return page(request, query, total, rows.map(showExecution));
    });

    const find = async (request: ApiRequest, action: string): Promise<Row<Execution>> => {
        const id = request.id("id");
        guard.requireSystem(request, resource, action);
        const execution = await tables.executions.get(id);
        if (execution?.vendor_type !== vendor) throw notFound(`execution ${String(id)}`);
        return execution;
    };
    routes.get(`${path}/:id`, async (request) => ok(showExecution(await find(request, "read"))));
    routes.put(`${path}/:id`, async (request) => {
        const execution = await find(request, "stop");
        await jobs.stop(execution.id);
        return done;
    });
    routes.get(`${path}/:id/log`, async (request) => ({ status: 200, body: (await find(request, "read")).log }));
}

/** Puts a schedule in the place of the one that there is; None leaves none, and without a type nothing happens. */
async function keep(
    { jobs }: Core,
    vendor_type: string,
    { type, cron }: { readonly type?: string | undefined; readonly cron: string },
    parameters: Readonly<Record<string, unknown>>,
): Promise<void> {
    const vendor_id = vendor_type === "SCAN_ALL" ? 0 : -1;
    if (type === "None") await jobs.removeSchedule(vendor_type, vendor_id);
    if (type === undefined || type === "None" || type === "Schedule" || type === "Manual") return;
    if (!isCron(cron)) throw badRequest(`invalid cron string for scheduled job: ${cron}`);
    await jobs.setSchedule({ vendor_type, vendor_id, type, cron, parameters });
}

/** A schedule as if it were a run: Harbor shows an idle one as Running. */
function showSchedule({ id, type, cron, parameters, creation_time, update_time }: Row<Schedule>): object {
    return compact({
        id,
        job_kind: cron,
        job_parameters: JSON.stringify(parameters),
        job_status: "Running",
        schedule: compact({ type, cron, next_scheduled_time: nextTime(cron, new Date())?.toISOString() }),
        creation_time,
        update_time,
    });
}

function showExecution(execution: Row<Execution>): object {
    return compact({
        id: execution.id,
        job_name: execution.vendor_type,
        job_kind: execution.trigger,
        job_parameters: JSON.stringify(execution.parameters),
        job_status: shownStatus(execution),
        schedule: { type: execution.trigger === "MANUAL" ? "Manual" : "Schedule", next_scheduled_time: zeroTime },
        creation_time: execution.start_time,
        update_time: execution.update_time,
    });
}
