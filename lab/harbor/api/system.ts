import { configurationChange } from "../configuration";
import type { Core } from "../core";
import { forbidden } from "../http/errors";
import { done, ok } from "../http/reply";
import { Routes } from "../http/router";
import { robotPermissions } from "../security/permissions";

/** Health, what it is, settings. */
export function systemRoutes({
    configuration,
    componentHealth,
    externalUrl,
    guard,
    jobs,
    tables,
    version,
}: Core): Routes {
    const routes = new Routes();

    routes.get("/ping", () => ({ status: 200, body: "Pong" }));

    routes.get("/health", async () => {
        const health = await componentHealth();
        const components = Object.entries(health).map(([name, isHealthy]) =>
            isHealthy ? { name, status: "healthy" } : { name, status: "unhealthy", error: "does not answer" },
        );
        const isHealthy = components.every(({ status }) => status === "healthy");
        return ok({ status: isHealthy ? "healthy" : "unhealthy", components });
    });

    routes.get("/systeminfo", async ({ principal }) => {
        const settings = await configuration.all();
        const open = {
            auth_mode: settings.auth_mode,
            banner_message: settings.banner_message,
            oidc_provider_name: settings.oidc_name,
            primary_auth_mode: settings.primary_auth_mode,
            self_registration: settings.self_registration,
        };
        if (principal.kind === "anonymous") return ok(open);
        return ok({
            ...open,
            current_time: new Date().toISOString(),
            external_url: externalUrl,
            harbor_version: version,
            has_ca_root: false,
            notification_enable: settings.notification_enable,
            project_creation_restriction: settings.project_creation_restriction,
            read_only: settings.read_only,
            registry_storage_provider_name: "s3",
            registry_url: externalUrl.replace(/^https?:\/\//, ""),
        });
    });

    routes.get("/systeminfo/volumes", (request) => {
        guard.requireSystem(request, "system-volumes", "read");
        return ok({ storage: [{ free: 64 * 2 ** 30, total: 128 * 2 ** 30 }] });
    });

    routes.get("/configurations", async (request) => {
        guard.requireSystem(request, "configuration", "read");
        const settings = Object.entries(await configuration.all());
        const editable = !configuration.isFixed;
        return ok({
            ...Object.fromEntries(settings.map(([name, value]) => [name, { editable, value }])),
            scan_all_policy: {},
        });
    });

    routes.put("/configurations", async (request) => {
        const change = await request.body(configurationChange);
        guard.requireSystem(request, "configuration", "update");
        if (configuration.isFixed) {
            throw forbidden("current config is init by env variable: CONFIG_OVERWRITE_JSON, it cannot be updated");
        }
        await configuration.change(change);
        if (change["read_only"] === false) await jobs.readOnlyEnded();
        return done;
    });

    routes.get("/statistics", async (request) => {
        guard.requireLogin(request);
        const projects = await tables.projects.all();
        const repositories = await tables.repositories.all();
        const open = new Set(projects.filter((project) => project.public).map(({ id }) => id));
        const openRepositories = repositories.filter(({ project_id }) => open.has(project_id)).length;
        const blobs = await tables.blobs.all();
        const sizes = new Map(blobs.map(({ digest, size }) => [digest, size]));
        return ok({
            private_project_count: projects.length - open.size,
            private_repo_count: repositories.length - openRepositories,
            public_project_count: open.size,
            public_repo_count: openRepositories,
            total_project_count: projects.length,
            total_repo_count: repositories.length,
            total_storage_consumption: [...sizes.values()].reduce((sum, size) => sum + size, 0),
        });
    });

    routes.get("/permissions", (request) => {
        guard.requireLogin(request);
        return ok(robotPermissions);
    });

    return routes;
}
