import assert from "node:assert/strict";
import { contract } from "./harbor";
import { absent, like, type Expected } from "./like";

interface Kind {
    readonly path: string;
    readonly parameters: Readonly<Record<string, unknown>>;
    /** The parameters as they are read afterwards. */
    readonly kept: Expected;
}

/** What runs at times of its own, with its parameters. */
const kinds: Readonly<Record<string, Kind>> = {
    "garbage collection": {
        path: "/system/gc/schedule",
        // A trial is for once: dry_run of a schedule is dropped.
        parameters: { delete_untagged: true, workers: 2, dry_run: true, no_such_parameter: 1 },
        kept: { delete_untagged: true, delete_tag: false, workers: 2, dry_run: absent, no_such_parameter: absent },
    },
    "purge of the audit log": {
        path: "/system/purgeaudit/schedule",
        parameters: { audit_retention_hour: 720, include_event_types: "create_artifact,delete_artifact" },
        kept: { audit_retention_hour: 720, include_event_types: "create_artifact,delete_artifact" },
    },
};

for (const [title, { path, parameters, kept }] of Object.entries(kinds)) {
    contract(`the schedule of the ${title}`, (harbor) => {
        const schedule = (type: string, cron?: string): Readonly<Record<string, unknown>> => ({
            schedule: { type, ...(cron === undefined ? {} : { cron }) },
            parameters,
        });
        const remove = async (): Promise<void> => {
            (await harbor().admin.put(path, schedule("None"))).isEmpty(200);
        };
        let found: unknown;

        before(async () => {
            // A real Harbor may have one: it gets it back.
            const { text } = await harbor().admin.get(path);
            found = text === "" ? undefined : JSON.parse(text);
            harbor().afterwards(() => giveBack(found));
            await remove();
        });
        afterEach(remove);

        const giveBack = async (before: unknown): Promise<void> => {
            if (before === undefined) return;
            const { schedule, job_parameters } = before as { schedule: unknown; job_parameters: string };
            const parameters: unknown = JSON.parse(job_parameters);
            (await harbor().admin.put(path, { schedule, parameters })).is(200);
        };

        it("is an empty body, no JSON, where there is none", async () => {
            const none = (await harbor().admin.get(path)).is(200);
            assert.equal(none.text, "");
            assert.match(none.header("content-type") ?? "", /^application\/json/);
        });

        it("is set by POST and replaced by PUT, with a number of its own each time", async () => {
            const { admin } = harbor();
            const created = await admin.post(path, schedule("Daily", "0 0 2 * * *"));
            created.is(201);
            assert.equal(created.text, "");
            assert.match(created.header("location") ?? "", /^\/api\/v2\.0\/system\/(gc|purgeaudit)\/\d+$/);
            const first = (await admin.get(path)).has({
                schedule: { type: "Daily", cron: "0 0 2 * * *", next_scheduled_time: /^\d{4}-.*02:00:00(\.000)?Z$/ },
                job_kind: "0 0 2 * * *",
                job_name: absent,
                job_status: "Running",
            });
            like(JSON.parse(first.string("job_parameters")), kept);
            (await admin.put(path, schedule("Custom", "0 30 3 * * 0"))).isEmpty(200);
            const second = (await admin.get(path)).has({ schedule: { type: "Custom", cron: "0 30 3 * * 0" } });
            assert.notEqual(second.number("id"), first.number("id"));
        });

        it("is replaced by a second POST as well", async () => {
            const { admin } = harbor();
            (await admin.post(path, schedule("Daily", "0 0 2 * * *"))).is(201);
            (await admin.post(path, schedule("Weekly", "0 0 2 * * 0"))).is(201);
            (await admin.get(path)).has({ schedule: { type: "Weekly" } });
        });

        it("is set by PUT where there is none, too", async () => {
            const { admin } = harbor();
            (await admin.put(path, schedule("Hourly", "0 0 * * * *"))).isEmpty(200);
            (await admin.get(path)).has({ schedule: { type: "Hourly" } });
        });

        it("is removed by the type None", async () => {
            const { admin } = harbor();
            (await admin.post(path, schedule("Daily", "0 0 2 * * *"))).is(201);
            (await admin.put(path, schedule("None"))).isEmpty(200);
            assert.equal((await admin.get(path)).is(200).text, "");
        });

        it("takes six fields with second 0, and the types that there are", async () => {
            const { admin } = harbor();
            for (const cron of ["0 2 * * *", "1 * * * * *", "nonsense"]) {
                (await admin.post(path, schedule("Custom", cron))).fails(400, "BAD_REQUEST");
            }
            (await admin.post(path, schedule("Sometimes", "0 0 2 * * *"))).is(422);
            assert.equal((await admin.get(path)).text, "");
        });

        it("is no business of others", async () => {
            const { anonymous } = harbor();
            (await anonymous.get(path)).fails(401, "UNAUTHORIZED");
            (await anonymous.post(path, schedule("Daily", "0 0 2 * * *"))).fails(401, "UNAUTHORIZED");
            const user = harbor().as(await harbor().user());
            (await user.get(path)).fails(403, "FORBIDDEN");
        });
    });
}

contract("the list of schedules", (harbor) => {
    it("has what Harbor does by itself each midnight", async () => {
        const { list } = (await harbor().admin.get("/schedules", { page_size: 100 })).is(200);
        const own = ["EXECUTION_SWEEP", "SYSTEM_ARTIFACT_CLEANUP"];
        assert.deepEqual(
            list
                .filter(({ vendor_type }) => own.includes(String(vendor_type)))
                .map(({ vendor_type, vendor_id, cron }) => [vendor_type, vendor_id, cron])
                .sort(),
            [
                ["EXECUTION_SWEEP", -1, "0 0 0 * * *"],
                ["SYSTEM_ARTIFACT_CLEANUP", undefined, "0 0 0 * * *"],
            ],
        );
    });
});

contract("the schedule of scanning all", (harbor) => {
    const path = "/system/scanAll/schedule";

    it("is refused where no scanner is installed", async function () {
        const { admin } = harbor();
        if ((await admin.get("/scanners")).list.length > 0) this.skip();
        (await admin.get(path)).fails(412, "PRECONDITION");
        (await admin.post(path, { schedule: { type: "Daily", cron: "0 0 3 * * *" } })).fails(412, "PRECONDITION");
    });
});

contract("the parameters of schedules", (harbor) => {
    const daily = { type: "Daily", cron: "0 0 2 * * *" };

    it("are one to ten workers of the garbage collection", async () => {
        const { admin } = harbor();
        for (const workers of [0, 11]) {
            const body = { schedule: daily, parameters: { workers } };
            (await admin.post("/system/gc/schedule", body)).fails(400, "BAD_REQUEST", /Invalid number of workers/);
        }
    });

    it("are needed by the purge of the audit log, even to remove its schedule", async () => {
        const { admin } = harbor();
        const path = "/system/purgeaudit/schedule";
        const types = { include_event_types: "create_artifact" };
        (await admin.post(path, { schedule: daily })).fails(400, "BAD_REQUEST", /parameter/);
        (await admin.post(path, { schedule: daily, parameters: types })).fails(
            400,
            "BAD_REQUEST",
            /audit_retention_hour/,
        );
        const hours = { audit_retention_hour: 24 };
        (await admin.post(path, { schedule: daily, parameters: hours })).fails(
            400,
            "BAD_REQUEST",
            /include_event_types/,
        );
        (await admin.put(path, { schedule: { type: "None" } })).fails(400, "BAD_REQUEST", /parameter/);
        (await admin.put("/system/gc/schedule", { schedule: { type: "None" } })).is(200);
    });
});
