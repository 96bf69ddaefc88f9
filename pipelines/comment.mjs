#!/usr/bin/env node
// Writes the report of a preview as the one comment of its stack: on a pull request of GitHub, or a merge request of
// GitLab. The comment that is there is updated; there is never a second one.
//
//   node pipelines/comment.mjs STACK FILE       FILE: report.md of `anchorage preview --report`
//
// Where FILE is not there the comment says that no preview was made: an old one must not stand for a new one.
// Plain Node without dependencies: the job that may write comments installs and runs nothing else.
//
//   GitHub  GITHUB_TOKEN (pull-requests: write), PULL_REQUEST, and what each job has
//   GitLab  ANCHORAGE_COMMENT_TOKEN (a project access token, role Reporter, scope api), and what each job has
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const perPage = 100;
const mostPages = 100;
/** Milliseconds for one answer. */
const patience = 30_000;
const tries = 4;

class Failure extends Error {
    constructor(message, next, { exitCode = 1, again } = {}) {
        super(message);
        this.next = next;
        this.exitCode = exitCode;
        /** Milliseconds after which the same may succeed. */
        this.again = again;
    }
}

main().catch((error) => {
    const known = error instanceof Failure;
    console.error(`error ${known ? error.message : error.stack}`);
    if (known) console.error(`  next: ${error.next}`);
    process.exitCode = known ? error.exitCode : 1;
});

async function main() {
    const [stack, file] = process.argv.slice(2);
    if (stack === undefined || file === undefined || !/^[\w.-]+$/.test(stack)) {
        throw new Failure("a stack and the file of its report are needed", "node pipelines/comment.mjs STACK FILE", {
            exitCode: 2,
        });
    }
    const platform = platformOf(process.env);
    const marker = `<!-- anchorage preview of ${stack} -->`;
    const body = withinLimit(await bodyOf(stack, marker, file, platform), platform.limit, platform.run);
    for (let attempt = 1; ; attempt += 1) {
        try {
            const { done, url } = await publish(platform, marker, body);
            console.log(`${done} the comment of stack ${stack} on ${platform.where}${url ? `: ${url}` : ""}`);
            return;
        } catch (error) {
            // Looked for anew each time: a write without an answer may have been done.
            if (!(error instanceof Failure) || error.again === undefined || attempt === tries) throw error;
            await sleep(error.again * 2 ** (attempt - 1));
        }
    }
}

/** The comment's text: the report, or that there is none. */
async function bodyOf(stack, marker, file, { run }) {
    let report;
    try {
        report = await readFile(file, "utf8");
    } catch (error) {
        if (error.code !== "ENOENT") throw error;
        report = [
            marker,
            `## ⚪ Stack \`${stack}\`: no preview`,
            "",
            "**The preview ended before it had a report.** What was said of an earlier commit does not hold.",
            "",
            "Its job's log says why.",
            "",
        ].join("\n");
    }
    if (report.split("\n", 1)[0] !== marker) {
        throw new Failure(
            `${file} is no report of stack ${stack}: its first line is not ${marker}`,
            `anchorage preview --stack ${stack} --report FOLDER writes one`,
        );
    }
    return `${report.trimEnd()}\n\n<sub>[The run and its report as a page](${run})</sub>\n`;
}

/** What is too long is cut between two lines, and says so. */
function withinLimit(text, limit, run) {
    if (text.length <= limit) return text;
    const tail = `\n\n… cut: the whole is in report.html of [the run](${run}).\n`;
    let kept = text.slice(0, text.lastIndexOf("\n", limit - tail.length - 100));
    const fence = /^(`{3,})/gm;
    const fences = [...kept.matchAll(fence)];
    if (fences.length % 2 === 1) kept += `\n${fences.at(-1)[1]}`;
    if (kept.lastIndexOf("<details>") > kept.lastIndexOf("</details>")) kept += "\n\n</details>";
    return kept + tail;
}

async function publish(platform, marker, body) {
    const own = await ownComment(platform, marker);
    const written =
        own === undefined
            ? await call(platform, "POST", platform.list, { body })
            : await call(platform, platform.update, platform.one(own), { body });
    return { done: own === undefined ? "created" : "updated", url: written.html_url };
}

/** The oldest of ours: whoever else writes the marker into a comment keeps it. */
async function ownComment(platform, marker) {
    const isOurs = await platform.author();
    for (let page = 1; page <= mostPages; page += 1) {
        const comments = await call(
            platform,
            "GET",
            `${platform.list}?per_page=${perPage}&page=${page}${platform.order}`,
        );
        const own = comments.find((comment) => String(comment.body).startsWith(marker) && isOurs(comment));
        if (own !== undefined) return own.id;
        if (comments.length < perPage) return undefined;
    }
    throw new Failure(
        `${platform.where} has more than ${mostPages * perPage} comments`,
        "open a new one; this one is not searched to its end",
    );
}

function platformOf(env) {
    if (env.GITHUB_REPOSITORY) return github(env);
    if (env.CI_API_V4_URL) return gitlab(env);
    throw new Failure("this is no job of GitHub Actions or GitLab CI", "run it in one", { exitCode: 2 });
}

function github(env) {
    const repository = required(env, "GITHUB_REPOSITORY", /^[\w.-]+\/[\w.-]+$/, "every job has it");
    const number = required(env, "PULL_REQUEST", /^\d+$/, "give it to the step: github.event.pull_request.number");
    const api = `${required(env, "GITHUB_API_URL", /^https?:\/\//, "every job has it")}/repos/${repository}/issues`;
    return {
        limit: 65_536,
        where: `pull request ${number}`,
        run: `${env.GITHUB_SERVER_URL}/${repository}/actions/runs/${env.GITHUB_RUN_ID}`,
        token: required(env, "GITHUB_TOKEN", /^\S+$/, "give it to the step: github.token"),
        list: `${api}/${number}/comments`,
        one: (id) => `${api}/comments/${id}`,
        order: "",
        update: "PATCH",
        // A job's token may not ask who it is; it is a bot, and no person can be.
        author: async () => (comment) => comment.user?.type === "Bot",
        hints: {
            401: "the step's GITHUB_TOKEN has to be github.token of the same run",
            403: "give the job `permissions: pull-requests: write`; runs of forks and of Dependabot never have it",
            404: "check the number in PULL_REQUEST, and that the token is of this repository",
        },
    };
}

function gitlab(env) {
    const project = required(env, "CI_PROJECT_ID", /^\d+$/, "every job has it");
    const number = required(env, "CI_MERGE_REQUEST_IID", /^\d+$/, "run it in a pipeline of a merge request");
    const api = required(env, "CI_API_V4_URL", /^https?:\/\//, "every job has it");
    const list = `${api}/projects/${project}/merge_requests/${number}/notes`;
    const platform = {
        limit: 1_000_000,
        where: `merge request ${number}`,
        run: env.CI_PIPELINE_URL,
        token: required(
            env,
            "ANCHORAGE_COMMENT_TOKEN",
            /^\S+$/,
            "make a project access token (role Reporter, scope api), and set it as a masked CI/CD variable",
        ),
        list,
        one: (id) => `${list}/${id}`,
        order: "&order_by=created_at&sort=asc",
        update: "PUT",
        author: async () => {
            const { id } = await call(platform, "GET", `${api}/user`);
            return (note) => note.author?.id === id;
        },
        hints: {
            401: "the token in ANCHORAGE_COMMENT_TOKEN is wrong or has expired: make a new project access token",
            403: "the token in ANCHORAGE_COMMENT_TOKEN needs the role Reporter and the scope api",
            404: "the token in ANCHORAGE_COMMENT_TOKEN has to be one of this project",
        },
    };
    return platform;
}

function required(env, name, form, next) {
    const value = env[name] ?? "";
    if (value === "") throw new Failure(`${name} is not set`, next, { exitCode: 2 });
    // The value is not shown: it may be a token.
    if (!form.test(value)) throw new Failure(`${name} has not the form that it should have`, next, { exitCode: 2 });
    return value;
}

async function call({ token, where, hints }, method, url, content) {
    let response;
    let text;
    try {
        response = await fetch(url, {
            method,
            headers: {
                authorization: `Bearer ${token}`,
                accept: "application/json",
                "user-agent": "anchorage",
                ...(content === undefined ? {} : { "content-type": "application/json" }),
            },
            ...(content === undefined ? {} : { body: JSON.stringify(content) }),
            // A redirect would take the token with it.
            redirect: "error",
            signal: AbortSignal.timeout(patience),
        });
        text = await response.text();
    } catch (error) {
        const why = error.cause?.code ?? error.cause?.message ?? error.message;
        // A redirect stays one, however often it is asked for.
        const again = /redirect/.test(why) ? undefined : 1_000;
        throw new Failure(`${new URL(url).origin} did not answer: ${why}`, "run the job again", { again });
    }
    const { status, headers } = response;
    if (response.ok) {
        try {
            return JSON.parse(text);
        } catch {
            throw new Failure(
                `${new URL(url).origin} answered with something other than JSON`,
                "look for a proxy between",
            );
        }
    }
    const limited = status === 429 || (status === 403 && headers.get("x-ratelimit-remaining") === "0");
    const wait = headers.has("retry-after") ? Math.min(Number(headers.get("retry-after")), 60) * 1_000 : 1_000;
    const said = messageIn(text).replaceAll(token, "[token]").slice(0, 300);
    throw new Failure(
        `the comment on ${where} was refused with ${status}${said === "" ? "" : ` (${said})`}`,
        limited ? "run the job again later: too many calls" : (hints[status] ?? "run the job again"),
        { again: limited || status >= 500 ? wait : undefined },
    );
}

function messageIn(text) {
    try {
        const { message, error } = JSON.parse(text);
        return typeof message === "string" ? message : JSON.stringify(message ?? error ?? "");
    } catch {
        return "";
    }
}
