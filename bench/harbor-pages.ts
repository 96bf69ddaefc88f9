import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * Answers every request with one page of projects as Harbor writes it, and how many there are in all. Tells its port to
 * whoever forked it. `node --require ./bin/typescript.js bench/harbor-pages.ts <pages> <items on a page>`
 */
const [pages = 1, pageSize = 1] = process.argv.slice(2).map(Number);

const page = Buffer.from(
    JSON.stringify(
        Array.from({ length: pageSize }, (_, index) => ({
            chart_count: 0,
            creation_time: "2026-11-23T10:00:00.000Z",
            current_user_role_id: 1,
            current_user_role_ids: [1],
            cve_allowlist: { creation_time: "0001-01-01T00:00:00.000Z", id: index, items: [], project_id: index },
            metadata: { public: "false", auto_scan: "true", retention_id: "7" },
            name: `project-${String(index)}`,
            owner_id: 1,
            owner_name: "admin",
            project_id: index,
            repo_count: 3,
            update_time: "2026-11-23T10:00:00.000Z",
        })),
    ),
);

const server = createServer((_, response) => {
    response.writeHead(200, {
        "content-type": "application/json",
        "content-length": page.length,
        "x-total-count": pages * pageSize,
    });
    response.end(page);
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
