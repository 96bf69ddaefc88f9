import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { HarborClient } from "../../../harbor/client/client";
import type { Call } from "../../../harbor/client/transport";
import { projectRoot } from "../../../lib/home";
import { referenceApi } from "../../support/reference-data";
import { ApiDocument } from "./api-document";
import { everyCall, RecordingTransport } from "./every-call";

const document = referenceApi("harbor-v2.15.2-swagger");

/** The names of a class's own and inherited methods. */
function methodsOf(object: object): string[] {
    const names: string[] = [];
    for (let at: unknown = Object.getPrototypeOf(object); at !== Object.prototype; at = Object.getPrototypeOf(at)) {
        names.push(...Object.getOwnPropertyNames(at).filter((name) => name !== "constructor"));
    }
    return names;
}

async function callsOf(name: string): Promise<readonly Call[]> {
    const transport = new RecordingTransport();
    await everyCall[name]?.(new HarborClient(transport));
    return transport.calls;
}

describe("the calls of a Harbor client", () => {
    it("are all known to these tests", () => {
        const client = new HarborClient(new RecordingTransport());
        const methods = Object.entries(client).flatMap(([group, resource]) =>
            methodsOf(resource as object).map((method) => `${group}.${method}`),
        );
        assert.deepEqual([...new Set(methods)].sort(), Object.keys(everyCall).sort());
        assert.ok(methods.length > 100);
    });

    it("each name their endpoint where they are described", () => {
        const folder = path.join(projectRoot, "harbor", "client");
        const missing = readdirSync(folder).flatMap((file) => {
            const text = readFileSync(path.join(folder, file), "utf8");
            if (!text.includes("this.api.")) return [];
            const methods = [...text.matchAll(/\/\*\*((?:(?!\*\/)[^])*)\*\/\n {4}(?:async )?(?!constructor)(\w+)\(/g)];
            const wanted = text.match(/^ {4}(?:async )?(?!constructor)\w+\([^]*?\): (?:Promise|Listing)</gm) ?? [];
            assert.equal(methods.length, wanted.length, `${file}: a method without a description`);
            return methods
                .filter(([, comment = ""]) => !/(GET|HEAD|POST|PUT|PATCH|DELETE) [/{]/.test(comment))
                .map(([, , method = ""]) => `${file}: ${method}`);
        });
        assert.deepEqual(missing, []);
    });

    const title = "are in Harbor's API document, with their query and the fields of their bodies";
    if (document === undefined) {
        it.skip(`${title} (skipped: no data/api/harbor-v2.15.2-swagger.yaml here; ANCHORAGE_DATA names its folder)`);
        return;
    }
    const api = new ApiDocument(document);

    for (const name of Object.keys(everyCall)) {
        it(`${name}: ${title}`, async () => {
            const calls = await callsOf(name);
            assert.ok(calls.length > 0);
            for (const { method, path: at, query = {}, body } of calls) {
                const operation = api.find(method, at);
                assert.ok(operation, `${method} ${at} is not in the document`);
                const unknownQuery = Object.keys(query).filter((key) => !operation.query.has(key));
                assert.deepEqual(unknownQuery, [], `${method} ${operation.template}`);
                if (body === undefined) continue;
                assert.ok(operation.body, `${method} ${operation.template} takes no body`);
                assert.deepEqual(api.unknownFields(body, operation.body), [], `${method} ${operation.template}`);
            }
        });
    }

    it("would be found where they are not in it", () => {
        assert.equal(api.find("GET", "/projekts"), undefined);
        assert.equal(api.find("PATCH", "/projects/p1"), undefined);
        assert.equal(api.find("GET", "/users/current")?.template, "/users/current");
        const create = api.find("POST", "/projects")?.body;
        assert.ok(create);
        assert.deepEqual(api.unknownFields({ project_name: 1, metadata: { pubic: "true" } }, create), [
            "project_name: number for string",
            "metadata.pubic",
        ]);
    });
});
