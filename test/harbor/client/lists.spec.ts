import assert from "node:assert/strict";
import { harborError, json, type Handler } from "./loopback";
import { failure, Scene } from "./scene";

const names = (count: number): { project_id: number; name: string }[] =>
    Array.from({ length: count }, (_, index) => ({ project_id: index + 1, name: `p${String(index + 1)}` }));

/** Answers with the page that is asked for, as Harbor does. */
function pages(items: readonly object[], options: { readonly total?: boolean; readonly delayMs?: () => number } = {}) {
    const state = { underWay: 0, most: 0 };
    const handler: Handler = async ({ path }, response) => {
        state.most = Math.max(state.most, ++state.underWay);
        const query = new URL(path, "http://h").searchParams;
        const page = Number(query.get("page"));
        const size = Number(query.get("page_size"));
        if (size > 100) {
            harborError(
                response,
                422,
                "UNPROCESSABLE_ENTITY",
                "page_size in query should be less than or equal to 100",
            );
            return;
        }
        await new Promise((later) => setTimeout(later, options.delayMs?.() ?? 0));
        state.underWay--;
        const headers: Record<string, number> = options.total === false ? {} : { "x-total-count": items.length };
        json(response, items.slice((page - 1) * size, page * size), headers);
    };
    return { handler, state };
}

describe("lists of a Harbor client", () => {
    const scene = new Scene();

    for (const count of [0, 1, 99, 100, 101, 200, 350]) {
        it(`comes to the end of ${String(count)} items, in order`, async () => {
            // Later pages answer sooner than earlier ones.
            const { handler } = pages(names(count), { delayMs: () => Math.random() * 5 });
            const { server, client } = await scene.serve(handler);
            const all = await client.projects.list().toArray();
            assert.deepEqual(
                all.map(({ name }) => name),
                names(count).map(({ name }) => name),
            );
            assert.equal(server.seen.length, Math.max(1, Math.ceil(count / 100)));
            assert.ok(server.seen.every(({ path }) => path.includes("page_size=100")));
        });
    }

    it("asks for some pages at a time, and never for more than it may", async () => {
        for (const concurrency of [1, 3]) {
            const { handler, state } = pages(names(1_000), { delayMs: () => 3 });
            const { client } = await scene.serve(handler);
            assert.equal((await client.projects.list({}, { concurrency }).toArray()).length, 1_000);
            assert.equal(state.most, concurrency);
        }
    });

    it("comes to the end without a total, too", async () => {
        for (const count of [100, 250]) {
            const { handler } = pages(names(count), { total: false });
            const { client } = await scene.serve(handler);
            assert.equal((await client.projects.list().toArray()).length, count);
        }
    });

    it("follows a list that grows while it is read", async () => {
        const { client } = await scene.serve(({ path }, response, number) => {
            const items = names(number === 1 ? 150 : 250);
            const page = Number(new URL(path, "http://h").searchParams.get("page"));
            json(response, items.slice((page - 1) * 100, page * 100), { "x-total-count": items.length });
        });
        assert.equal((await client.projects.list().toArray()).length, 250);
    });

    it("gives items one by one, and asks for no further page when no more are wanted", async () => {
        const { handler } = pages(names(1_000));
        const { server, client } = await scene.serve(handler);
        const seen: string[] = [];
        for await (const { name } of client.projects.list({}, { concurrency: 2 })) {
            seen.push(name);
            if (seen.length === 150) break;
        }
        assert.equal(seen.at(-1), "p150");
        assert.ok(server.seen.length <= 7, `${String(server.seen.length)} pages`);
    });

    it("says how many there are with one small request", async () => {
        const { handler } = pages(names(321));
        const { server, client } = await scene.serve(handler);
        assert.equal(await client.projects.list().total(), 321);
        assert.match(server.seen[0]?.path ?? "", /page=1&page_size=1$/);
        assert.equal(server.seen.length, 1);
    });

    it("fails as a whole where one page does, without a rejection that nobody hears", async () => {
        const heard: unknown[] = [];
        const onUnhandled = (reason: unknown): void => void heard.push(reason);
        process.on("unhandledRejection", onUnhandled);
        try {
            const { client } = await scene.serve(({ path }, response) => {
                const page = Number(new URL(path, "http://h").searchParams.get("page"));
                if (page > 2) harborError(response, 500, "UNKNOWN", "internal server error");
                else json(response, names(100), { "x-total-count": 1_000 });
            });
            await failure(client.projects.list().toArray(), "server");
            await new Promise((later) => setTimeout(later, 20));
        } finally {
            process.off("unhandledRejection", onUnhandled);
        }
        assert.deepEqual(heard, []);
    });

    it("has one deadline for all pages", async () => {
        const { handler } = pages(names(1_000), { delayMs: () => 30 });
        const { client } = await scene.serve(handler);
        await failure(client.projects.list({}, { concurrency: 1, timeoutMs: 100 }).toArray(), "timeout");
    });
});
