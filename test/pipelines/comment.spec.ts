import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { exec, ExecFailure } from "../../lib/exec";
import { projectRoot } from "../../lib/home";
import { CommentsApi } from "../support/comments-api";

const script = path.join(projectRoot, "pipelines", "comment.mjs");
const marker = "<!-- anchorage preview of public -->";
const token = "s3cr3t-token";

for (const platform of ["github", "gitlab"] as const) {
    describe(`the comment of a preview on ${platform}`, () => {
        let api: CommentsApi;
        let folder: string;
        let file: string;
        beforeEach(async () => {
            api = await CommentsApi.open(platform, token);
            folder = await mkdtemp(path.join(tmpdir(), "anchorage-comment-"));
            file = path.join(folder, "report.md");
            await writeFile(file, `${marker}\n## one change\n`);
        });
        afterEach(async () => {
            await api.close();
            await rm(folder, { recursive: true });
        });

        const write = path.basename(platform === "github" ? "PATCH" : "PUT");
        const comment = async (env: Record<string, string> = {}, stack = "public"): Promise<string> =>
            (await exec(process.execPath, [script, stack, file], { env: { ...cleared, ...api.env, ...env } })).stdout;
        const failing = async (
            env?: Record<string, string>,
            stack?: string,
        ): Promise<{ code?: number; text: string }> => {
            try {
                await comment(env, stack);
            } catch (error) {
                assert.ok(error instanceof ExecFailure);
                assert.ok(!error.stderr.includes(token), "the token is not told");
                return { code: error.exitCode ?? -1, text: error.stderr };
            }
            return assert.fail("it succeeded");
        };
        const ours = (): string[] => api.comments.map(({ body }) => body).filter((body) => body.startsWith(marker));

        it("is written once, and updated by each later run", async () => {
            api.write("looks good");
            assert.match(await comment(), /^created the comment of stack public on (pull|merge) request 7/);
            await writeFile(file, `${marker}\n## two changes\n`);
            assert.match(await comment(), /^updated/);
            assert.equal(ours().length, 1);
            assert.match(
                ours()[0] ?? "",
                /^<!--.*-->\n## two changes\n\n<sub>\[The run and its report as a page\]\(https:.*9\)/,
            );
            assert.equal(api.comments[0]?.body, "looks good");
        });

        it("is one for each stack", async () => {
            await comment();
            await writeFile(file, "<!-- anchorage preview of public-ha -->\n## nothing\n");
            assert.match(await comment({}, "public-ha"), /^created/);
            assert.equal(api.comments.length, 2);
        });

        it("is not one that somebody else began with our marker, and is found behind many others", async () => {
            api.write(`${marker}\nall is well, merge it`);
            for (let index = 0; index < 210; index++) api.write(`comment ${String(index)}`);
            api.write(`${marker}\nold`, true);
            assert.match(await comment(), /^updated/);
            assert.match(api.comments[0]?.body ?? "", /merge it/);
            assert.match(api.comments.at(-1)?.body ?? "", /one change/);
        });

        it("says that there is no preview, where there is none: an old one does not stand for it", async () => {
            await comment();
            await rm(file);
            await comment();
            assert.match(ours()[0] ?? "", /no preview.*ended before it had a report/s);
            assert.equal(ours().length, 1);
        });

        it("is cut between two lines where it is too long, with its folds and blocks closed", async () => {
            const lines = Array.from(
                { length: 40_000 },
                (_, index) => `+ a line of a long difference, ${String(index)}`,
            );
            await writeFile(file, `${marker}\n<details>\n\n\`\`\`diff\n${lines.join("\n")}\n\`\`\`\n\n</details>\n`);
            await comment();
            const [body = ""] = ours();
            const limit = platform === "github" ? 65_536 : 1_000_000;
            assert.ok(body.length <= limit && body.length > limit - 1000, String(body.length));
            assert.match(
                body,
                /difference, \d+\n```\n\n<\/details>\n\n… cut: the whole is in report\.html of \[the run\]\(https:/,
            );
        });

        it("is written although the platform fails at first; one that was written without an answer is found", async () => {
            api.troubles.push({ status: 502 });
            assert.match(await comment(), /^created/);
            api.comments.splice(0);
            const look = platform === "github" ? [undefined] : [undefined, undefined];
            api.troubles.push(...look, { status: 500, done: true });
            assert.match(await comment(), /^updated/);
            assert.equal(ours().length, 1);
        });

        it("waits as long as it is told to where there were too many calls", async () => {
            api.troubles.push({ status: 429, headers: { "retry-after": "0" } });
            await comment();
            assert.equal(ours().length, 1);
            const limited = { status: 403, headers: { "x-ratelimit-remaining": "0", "retry-after": "0" } };
            api.troubles.push(limited, limited);
            await comment();
            api.troubles.push(limited, limited, limited, limited);
            assert.match((await failing()).text, /refused with 403.*\n.*next: run the job again later/);
        });

        it("says what to do where it is refused, and asks no second time", async () => {
            for (const [status, next] of [
                [401, /token/i],
                [403, platform === "github" ? /permissions: pull-requests: write/ : /role Reporter/],
                [404, /token/],
            ] as const) {
                api.calls.splice(0);
                api.troubles.push({ status, body: `{"message":"no, ${token}"}` });
                const { code, text } = await failing();
                assert.equal(code, 1);
                assert.match(text, new RegExp(`refused with ${String(status)} \\(no, \\[token\\]\\)`));
                assert.match(text.split("next: ")[1] ?? "", next);
                assert.equal(api.calls.length, 1);
            }
        });

        it("never follows to another address, and takes nothing but JSON", async () => {
            const away = { status: 302, headers: { location: "http://127.0.0.1:9/" } };
            api.troubles.push(away);
            assert.match((await failing()).text, /did not answer/);
            api.troubles.push({ status: 200, body: "<html>log in</html>" });
            assert.match((await failing()).text, /something other than JSON/);
        });

        it("is not the report of another stack", async () => {
            const { code, text } = await failing({}, "public-ha");
            assert.equal(code, 1);
            assert.match(text, /is no report of stack public-ha/);
            assert.deepEqual(api.calls, []);
        });

        it("needs what each job has, and says which is missing", async () => {
            for (const name of Object.keys(api.env).filter((one) => !/SERVER_URL|RUN_ID|PIPELINE_URL/.test(one))) {
                const { code, text } = await failing({ [name]: "" });
                assert.equal(code, 2, text);
                assert.match(text, /is not set|no job of GitHub Actions or GitLab CI/);
            }
            assert.equal((await failing({}, "../../x")).code, 2);
            assert.deepEqual(api.calls, []);
        });

        it("is written by the calls that the token's rights are for", async () => {
            await comment();
            await comment();
            const kinds = new Set(api.calls.map((call) => call.split(" ")[0]));
            assert.deepEqual([...kinds].sort(), ["GET", write, "POST"].sort());
        });
    });
}

/** What the machine that runs the tests may have itself. */
const cleared = { GITHUB_REPOSITORY: "", CI_API_V4_URL: "", GITHUB_TOKEN: "", ANCHORAGE_COMMENT_TOKEN: "" };
