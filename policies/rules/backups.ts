import { at, harborValues } from "../resource";
import type { Rule } from "../rule";

export const backupSchedulePresent: Rule = {
    name: "backup-schedule-present",
    level: "advisory",
    description: "A registry is backed up without anybody thinking of it.",
    stack: (resources) => {
        if (!resources.some((resource) => harborValues(resource) !== undefined)) return [];
        const schedules = resources.filter(({ type }) => /^kubernetes:velero\.io\/v1:Schedule$/.test(type));
        if (schedules.length === 0) {
            return ["no Schedule of Velero: set backup.schedules, or run `anchorage backup` by a timer of your own"];
        }
        return schedules.every(({ props }) => at(props, "spec", "paused") === true)
            ? ["every Schedule of Velero is paused: set paused: false for one of backup.schedules"]
            : [];
    },
};
