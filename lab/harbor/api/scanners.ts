import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Core } from "../core";
import { badRequest, notFound } from "../http/errors";
import { createdBelow, done, ok, page } from "../http/reply";
import type { ApiRequest } from "../http/request";
import { Routes } from "../http/router";
import type { Row } from "../store/collection";
import type { Scanner } from "../store/records";

const form = z.object({
    name: z.string(),
    url: z.string(),
    description: z.string().default(""),
    auth: z.string().default(""),
    access_credential: z.string().default(""),
    skip_certVerify: z.boolean().default(false),
    use_internal_addr: z.boolean().default(false),
    disabled: z.boolean().default(false),
});

/** Scanners that are registered. None of them is asked: nothing is scanned. Source: src/server/v2.0/handler/scanner.go. */
export function scannerRoutes({ guard, tables }: Core): Routes {
    const routes = new Routes();

    routes.get("/scanners", async (request) => {
        const query = request.list();
        guard.requireSystem(request, "scanner", "list");
        const { rows, total } = await tables.scanners.list({}, query);
        return page(request, query, total, rows.map(show));
    });

    routes.post("/scanners", async (request) => {
        const given = await request.body(form);
        guard.requireSystem(request, "scanner", "create");
        if (!/^https?:\/\//.test(given.url)) throw badRequest(`invalid URL: ${given.url}`);
        const { rows } = await tables.scanners.list({});
        const uuid = randomUUID();
        await tables.scanners.insert({ ...given, uuid, is_default: rows.length === 0 });
        return createdBelow(request, uuid);
    });

    const find = async (request: ApiRequest, action: string): Promise<Row<Scanner>> => {
        guard.requireSystem(request, "scanner", action);
        const scanner = await tables.scanners.find({ uuid: request.param("id") });
        if (!scanner) throw notFound(`scanner ${request.param("id")}`);
        return scanner;
    };

    routes.get("/scanners/:id", async (request) => ok(show(await find(request, "read"))));

    routes.put("/scanners/:id", async (request) => {
        const given = await request.body(form);
        const { id } = await find(request, "update");
        await tables.scanners.update(id, given);
        return done;
    });

    routes.patch("/scanners/:id", async (request) => {
        const { is_default } = await request.body(z.object({ is_default: z.boolean().default(false) }));
        const { id } = await find(request, "update");
        if (!is_default) return done;
        for (const other of await tables.scanners.all({ is_default: true }))
            await tables.scanners.update(other.id, { is_default: false });
        await tables.scanners.update(id, { is_default: true });
        return done;
    });

    routes.delete("/scanners/:id", async (request) => {
        const scanner = await find(request, "delete");
        await tables.scanners.delete(scanner.id);
        return ok(show(scanner));
    });

    return routes;
}

function show(scanner: Row<Scanner>): object {
    return {
        uuid: scanner.uuid,
        name: scanner.name,
        description: scanner.description,
        url: scanner.url,
        disabled: scanner.disabled,
        is_default: scanner.is_default,
        auth: scanner.auth,
        // Never shown again.
        access_credential: "",
        skip_certVerify: scanner.skip_certVerify,
        use_internal_addr: scanner.use_internal_addr,
        create_time: scanner.creation_time,
        update_time: scanner.update_time,
    };
}
