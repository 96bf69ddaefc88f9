import type { SemVer } from "semver";
import { UserError } from "../../lib/errors";
import { Api } from "./api";
import { Artifacts } from "./artifacts";
import { AuditLogs } from "./audit-logs";
import { ConfigurationsResource } from "./configurations";
import { SystemCveAllowlist } from "./cve-allowlist";
import type { CallOptions } from "./deadline";
import { ImmutabilityRules } from "./immutability";
import { Jobservice } from "./jobservice";
import { Labels } from "./labels";
import { Members } from "./members";
import { Projects } from "./projects";
import { Quotas } from "./quotas";
import { Registries } from "./registries";
import { Replication } from "./replication";
import { Repositories } from "./repositories";
import { Retentions } from "./retentions";
import { Robots } from "./robots";
import { Scanners } from "./scanners";
import { Schedules } from "./schedules";
import { System } from "./system";
import { GarbageCollection, PurgeAudit, ScanAll } from "./system-jobs";
import { HttpTransport, type Transport, type TransportOptions } from "./transport";
import { Users } from "./users";
import { requireSupported, requireVersion, parseHarborVersion } from "./version";
import { Webhooks } from "./webhooks";

/**
 * A running Harbor, by its REST API v2.0. Objects have the names of Harbor's fields; what Harbor leaves out (false,
 * zero, empty lists) is filled in, and its zero dates are left out. Every failure is a HarborError.
 */
export class HarborClient {
    readonly system: System;
    readonly configurations: ConfigurationsResource;
    readonly projects: Projects;
    readonly members: Members;
    readonly repositories: Repositories;
    readonly artifacts: Artifacts;
    readonly robots: Robots;
    readonly quotas: Quotas;
    readonly retentions: Retentions;
    readonly immutability: ImmutabilityRules;
    readonly jobservice: Jobservice;
    readonly schedules: Schedules;
    readonly gc: GarbageCollection;
    readonly scanAll: ScanAll;
    readonly purgeAudit: PurgeAudit;
    readonly webhooks: Webhooks;
    readonly registries: Registries;
    readonly replication: Replication;
    readonly users: Users;
    readonly labels: Labels;
    readonly scanners: Scanners;
    readonly auditLogs: AuditLogs;
    readonly cveAllowlist: SystemCveAllowlist;
    #version: Promise<SemVer> | undefined;

    constructor(transport: Transport) {
        const api = new Api(transport);
        this.system = new System(api);
        this.configurations = new ConfigurationsResource(api);
        this.projects = new Projects(api);
        this.members = new Members(api);
        this.repositories = new Repositories(api);
        this.artifacts = new Artifacts(api);
        this.robots = new Robots(api);
        this.quotas = new Quotas(api);
        this.retentions = new Retentions(api);
        this.immutability = new ImmutabilityRules(api);
        this.jobservice = new Jobservice(api);
        this.schedules = new Schedules(api);
        this.gc = new GarbageCollection(api);
        this.scanAll = new ScanAll(api);
        this.purgeAudit = new PurgeAudit(api);
        this.webhooks = new Webhooks(api);
        this.registries = new Registries(api);
        this.replication = new Replication(api);
        this.users = new Users(api);
        this.labels = new Labels(api);
        this.scanners = new Scanners(api);
        this.auditLogs = new AuditLogs(api);
        this.cveAllowlist = new SystemCveAllowlist(api);
    }

    /** The server's version, by GET /systeminfo; asked once. @throws UserError where nobody is logged in */
    version(options?: CallOptions): Promise<SemVer> {
        this.#version ??= this.#askVersion(options).catch((error: unknown) => {
            this.#version = undefined; // the next call asks again
            throw error;
        });
        return this.#version;
    }

    /** @throws UserError where the server is older than that. @param feature as in "CA of a registry" */
    async requires(version: string, feature: string, options?: CallOptions): Promise<void> {
        requireVersion(await this.version(options), version, feature);
    }

    /** @throws UserError for a version that this program does not know how to work with */
    async requireSupported(options?: CallOptions): Promise<void> {
        requireSupported(await this.version(options));
    }

    async #askVersion(options?: CallOptions): Promise<SemVer> {
        const { harbor_version } = await this.system.info(options);
        if (harbor_version === undefined) {
            throw new UserError("Harbor does not say its version", {
                details: ["it tells it to whoever is logged in alone"],
                next: ["give a user and a password"],
            });
        }
        return parseHarborVersion(harbor_version);
    }
}

/** A client, and how its connections are let go of. */
export interface OpenedClient {
    readonly client: HarborClient;
    readonly close: () => Promise<void>;
}

/** Opens no connection yet. @throws UserError for what is no address */
export function openHarbor(options: TransportOptions): OpenedClient {
    const transport = new HttpTransport(options);
    return { client: new HarborClient(transport), close: () => transport.close() };
}
