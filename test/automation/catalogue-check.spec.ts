import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { stringify } from "yaml";
import { catalogueCheck } from "../../automation/catalogue/check";
import { compareCatalogue, type IndexedChart } from "../../automation/catalogue/compare";
import { defaultHarborVersion, knownHarborReleases } from "../../config/catalogue";
import { ExitCode, UserError } from "../../lib/errors";
import { collectingReporter, fakeContext } from "../support/fakes";

/** The repository as the catalogue knows it. */
const same: readonly IndexedChart[] = knownHarborReleases.map(({ chart, harbor }) => ({
    version: chart,
    appVersion: harbor,
}));

describe("catalogue beside a chart repository", () => {
    it("is the same where each release has its chart", () => {
        assert.deepEqual(compareCatalogue(same), []);
    });

    it("passes over candidates, the chart of main, and what is older than all that it knows", () => {
        const others = [
            { version: "1.20.0-rc1", appVersion: "2.16.0" },
            { version: "1.20.0", appVersion: "2.16.0-rc1" },
            { version: "1.4.0-dev", appVersion: "dev" },
            { version: "1.5.0", appVersion: "2.1.0" },
        ];
        assert.deepEqual(compareCatalogue([...same, ...others]), []);
    });

    it("names a newer release, one that it lacks, one that is not there and one that is of another Harbor", () => {
        const index = [
            ...same.filter(({ version }) => version !== "1.17.5" && version !== "1.18.0"),
            { version: "1.18.0", appVersion: "2.14.9" },
            { version: "1.19.9", appVersion: "2.15.9", created: "2026-11-20" },
            { version: "1.16.9", appVersion: "2.12.9" },
        ];
        assert.deepEqual(
            compareCatalogue(index).map(({ kind, chart, sentence }) => [kind, chart, sentence]),
            [
                ["other", "1.16.9", "Harbor 2.12.9 (chart 1.16.9) is not in the catalogue"],
                ["missing", "1.17.5", "the repository has no chart 1.17.5 of Harbor 2.13.5"],
                [
                    "mismatch",
                    "1.18.0",
                    "chart 1.18.0 is of Harbor 2.14.0 in the catalogue, of 2.14.9 in the repository",
                ],
                [
                    "newer",
                    "1.19.9",
                    `Harbor 2.15.9 (chart 1.19.9, of 2026-11-20) is not in the catalogue: newer than its newest, ${defaultHarborVersion}`,
                ],
            ],
        );
    });
});

describe("catalogue check", () => {
    let server: Server | undefined;

    afterEach(async () => {
        server?.closeAllConnections();
        await new Promise<void>((resolve) =>
            server === undefined
                ? resolve()
                : server.close(() => {
                      resolve();
                  }),
        );
        server = undefined;
    });

    async function serve(listener: RequestListener): Promise<string> {
        server = createServer(listener);
        await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
        return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/charts/`;
    }

    const indexWith =
        (charts: readonly IndexedChart[]): RequestListener =>
        (request, response) => {
            if (request.url !== "/charts/index.yaml") response.writeHead(404).end();
            else
                response.end(
                    stringify({ apiVersion: "v1", entries: { harbor: charts, other: [{ version: "0.1.0" }] } }),
                );
        };

    async function check(repository: string, kind: "auto" | "json" = "auto") {
        const { reporter, text } = collectingReporter(kind);
        const code = await catalogueCheck({ repository, timeoutMs: 2_000 }, fakeContext({ reporter }));
        return { code, text: text() };
    }

    async function failure(repository: string): Promise<UserError> {
        try {
            await check(repository);
        } catch (error) {
            assert.ok(error instanceof UserError, String(error));
            return error;
        }
        throw new Error("it did not fail");
    }

    it("ends with 0 where they agree", async () => {
        const { code, text } = await check(await serve(indexWith(same)));
        assert.equal(code, ExitCode.done);
        assert.match(text, /the catalogue's \d+ releases are those of 127\.0\.0\.1:\d+\n$/);
    });

    it("ends with 1 and names what differs where they do not", async () => {
        const newer = { version: "1.20.0", appVersion: "2.16.0", created: "2026-12-01T09:00:00.000Z" };
        const repository = await serve(indexWith([...same, newer]));
        const { code, text } = await check(repository);
        assert.equal(code, ExitCode.failed);
        assert.match(
            text,
            / {2}- Harbor 2\.16\.0 \(chart 1\.20\.0, of 2026-12-01\) is not in the catalogue: newer than its newest/,
        );
        assert.match(text, /differs from \S+ in 1 release\n$/);
        const { text: json } = await check(`${repository}index.yaml`, "json");
        const result = json
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line) as { kind: string; differences?: unknown[] });
        assert.equal(result.find(({ kind }) => kind === "result")?.differences?.length, 1);
    });

    const broken: readonly (readonly [what: string, listener: RequestListener, why: RegExp])[] = [
        ["a repository without an index", (_request, response) => response.writeHead(404).end(), /^it answered 404/],
        ["an index that is no YAML", (_request, response) => response.end("{ ["), /^it is no YAML: /],
        ["an index that is empty", (_request, response) => response.end(""), /^it has no chart harbor$/],
        [
            "an index of other charts",
            (_request, response) => response.end("entries: { nginx: [] }"),
            /^it has no chart harbor$/,
        ],
        ["a connection that is cut", (_request, response) => response.destroy(), /./],
        ["a server that says nothing", () => undefined, /^it did not answer in time$/],
    ];
    for (const [what, listener, why] of broken) {
        it(`fails at ${what}, and says what to do`, async () => {
            const error = await failure(await serve(listener));
            assert.match(error.message, /^the index of the chart repository cannot be read: http:\/\/127/);
            assert.match(error.details.join(), why);
            assert.equal(error.exitCode, ExitCode.failed);
            assert.match(error.next.join(), /HTTPS_PROXY|--repository/);
        });
    }

    it("fails where nobody listens", async () => {
        const repository = await serve(() => undefined);
        await new Promise<void>((resolve) =>
            server?.close(() => {
                resolve();
            }),
        );
        server = undefined;
        assert.match((await failure(repository)).details.join(), /ECONNREFUSED/);
    });

    for (const address of ["oci://registry.example.com/charts", "charts", ""]) {
        it(`refuses ${JSON.stringify(address)} as wrong use`, async () => {
            const error = await failure(address);
            assert.equal(error.exitCode, ExitCode.usage);
            assert.match(error.message, /is no address of a Helm repository/);
        });
    }
});
