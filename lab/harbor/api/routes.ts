import type { Core } from "../core";
import type { Route } from "../http/router";
import { jobRoutes } from "./jobs";
import { labelRoutes } from "./labels";
import { logRoutes } from "./logs";
import { projectRoutes } from "./projects";
import { quotaRoutes } from "./quotas";
import { registryRoutes } from "./registries";
import { replicationRoutes } from "./replications";
import { repositoryRoutes } from "./repositories";
import { artifactRoutes } from "./artifacts";
import { retentionRoutes } from "./retentions";
import { robotRoutes } from "./robots";
import { ruleRoutes } from "./immutable-rules";
import { scannerRoutes } from "./scanners";
import { scheduleRoutes } from "./schedules";
import { systemRoutes } from "./system";
import { userRoutes } from "./users";
import { webhookRoutes } from "./webhooks";

const groups = [
    artifactRoutes,
    jobRoutes,
    labelRoutes,
    logRoutes,
    projectRoutes,
    quotaRoutes,
    registryRoutes,
    replicationRoutes,
    repositoryRoutes,
    retentionRoutes,
    robotRoutes,
    ruleRoutes,
    scannerRoutes,
    scheduleRoutes,
    systemRoutes,
    userRoutes,
    webhookRoutes,
];

/** Every route below /api/v2.0. */
export function apiRoutes(core: Core): readonly Route[] {
    return groups.flatMap((group) => group(core).list);
}
