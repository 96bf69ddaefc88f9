import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import { buildCommands } from "../../automation/commands";
import { projectRoot } from "../../lib/home";
import { gitlabJobs, pipelineText, setupSteps, workflow, workflowNames, type Step } from "../support/pipelines";

const githubFiles = [...workflowNames.map((name) => `github/${name}.yml`), "github/setup/action.yml"];
const everyFile = [...githubFiles, "gitlab/anchorage.gitlab-ci.yml", "gitlab/example.gitlab-ci.yml"];
const jobs = workflowNames.flatMap((name) =>
    Object.entries(workflow(name).jobs).map(([id, job]) => ({ where: `${name}.yml, job ${id}`, name, id, job })),
);
const steps: readonly (Step & { readonly where: string })[] = [
    ...jobs.flatMap(({ where, job }) => (job.steps ?? []).map((step) => ({ ...step, where }))),
    ...setupSteps().map((step) => ({ ...step, where: "setup/action.yml" })),
];

describe("pipelines of GitHub Actions", () => {
    it("give no job more than it needs", () => {
        for (const name of workflowNames) assert.deepEqual(workflow(name).permissions, {}, `${name}.yml`);
        for (const { where, id, job } of jobs) {
            const comments = id === "comment";
            assert.deepEqual(
                job.permissions,
                { contents: "read", ...(comments ? { "pull-requests": "write" } : {}) },
                where,
            );
        }
    });

    it("never run what a fork brings along with secrets, or with a token that may write", () => {
        for (const name of workflowNames) assert.ok(!("pull_request_target" in workflow(name).on), `${name}.yml`);
        const { preview, comment, settings } = workflow("preview").jobs;
        assert.match(preview?.if ?? "", /head\.repo\.full_name == github\.repository/);
        assert.match(settings?.if ?? "", /head\.repo\.full_name != github\.repository/);
        assert.ok(!JSON.stringify(settings).includes("secrets."), "the job for forks has no secrets");
        // What writes the comment is of the target branch, and plain Node: nothing is installed.
        const [checkout] = comment?.steps ?? [];
        assert.equal(checkout?.with?.["ref"], "${{ github.event.pull_request.base.sha }}");
        const text = JSON.stringify(comment);
        for (const never of ["npm", "npx", "/setup", "secrets."]) assert.ok(!text.includes(never), never);
    });

    it("name every action by the digest of its commit, with its version beside it", () => {
        const uses = githubFiles.flatMap((file) =>
            [...pipelineText(file).matchAll(/^[\s#-]*uses: (.+)$/gm)].map(([, what = ""]) => ({ file, what })),
        );
        assert.ok(uses.length > 15, String(uses.length));
        for (const { file, what } of uses) {
            if (what.startsWith("./")) continue;
            assert.match(what, /^[\w-]+\/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, file);
        }
        const digests = new Map<string, Set<string>>();
        for (const { what } of uses.filter((one) => !one.what.startsWith("./"))) {
            const [action = "", digest = ""] = what.split("@");
            digests.set(action, (digests.get(action) ?? new Set()).add(digest));
        }
        for (const [action, found] of digests) assert.equal(found.size, 1, `${action} is named in one version`);
    });

    it("leave no token behind in a checkout, and put nothing that a person wrote into a script", () => {
        for (const { where, uses = "", with: inputs, run = "" } of steps) {
            if (uses.startsWith("actions/checkout@")) assert.equal(inputs?.["persist-credentials"], false, where);
            assert.ok(!run.includes("${{"), `${where}: ${run}`);
        }
    });

    it("end in time, and what changes a stack is never cut short", () => {
        for (const { where, job } of jobs) {
            if (job.uses !== undefined) continue;
            assert.ok((job["timeout-minutes"] ?? 0) > 0, where);
        }
        for (const [name, id] of [
            ["release-stack", "release"],
            ["nightly", "backup"],
            ["weekly", "restore"],
        ] as const) {
            const { concurrency } = workflow(name).jobs[id] ?? {};
            assert.equal(concurrency?.["cancel-in-progress"], false, name);
            assert.match(concurrency.group, /\$\{\{ (inputs|matrix)\.stack \}\}$/, name);
        }
    });

    it("release a stack from main alone, in its environment, which asks for the approval", () => {
        const { release } = workflow("release-stack").jobs;
        assert.equal(release?.if, "github.ref == 'refs/heads/main'");
        assert.equal(release.environment, "${{ inputs.stack }}");
        assert.equal(workflow("release").jobs["public"]?.uses, "./.github/workflows/release-stack.yml");
    });

    it("take secrets from the platform's store, into the steps that need them", () => {
        for (const { where, env = {}, with: inputs = {}, uses = "" } of steps) {
            for (const [key, value] of Object.entries({ ...env, ...inputs })) {
                if (!String(value).includes("secrets.")) continue;
                assert.match(String(value), /^\$\{\{ secrets\.[A-Z_]+ \}\}$/, `${where}: ${key}`);
                assert.ok(!uses.includes("@"), `${where}: an action of others gets ${key}`);
            }
        }
    });
});

describe("pipelines of GitLab CI", () => {
    const all = gitlabJobs();
    const real = Object.entries(all).filter(([name]) => !name.startsWith("."));

    it("run in an image that is named by its digest, and end in time", () => {
        for (const [name, { image, timeout }] of real) {
            assert.match(image ?? "", /^node:\d+\.\d+\.\d+-bookworm@sha256:[0-9a-f]{64}$/, name);
            assert.match(timeout ?? "", /^\d+[mh]$/, name);
        }
    });

    it("are each in a pipeline of its kind, and never twice", () => {
        for (const [name, { rules = [] }] of real) {
            assert.ok(rules.length > 0, name);
            for (const { if: when } of rules)
                assert.match(when, /CI_PIPELINE_SOURCE == "(merge_request_event|schedule)"/, name);
        }
    });

    it("release by hand, on the default branch, one at a time", () => {
        const release = all[".anchorage-release"];
        assert.deepEqual([release?.resource_group, release?.interruptible], ["anchorage-$STACK", false]);
        assert.equal(release?.environment?.name, "$STACK");
        for (const rule of release.rules ?? []) {
            assert.equal(rule.when, "manual");
            assert.match(rule.if, /^\$CI_COMMIT_BRANCH == \$CI_DEFAULT_BRANCH && /);
        }
    });

    it("do not run with our variables for a fork, and the comment's job installs nothing", () => {
        for (const name of ["preview", "comment"]) {
            assert.match(all[name]?.rules?.[0]?.if ?? "", /SOURCE_PROJECT_ID == \$CI_MERGE_REQUEST_PROJECT_ID/);
        }
        assert.deepEqual([all["comment"]?.before_script, all["comment"]?.cache], [[], []]);
    });
});

describe("pipelines", () => {
    const lines = everyFile.flatMap((file) =>
        [...pipelineText(file).matchAll(/^\s*(?:run: |- )?npx --no -- anchorage (.+)$/gm)].map(([, line = ""]) => ({
            file,
            line,
        })),
    );

    it("type commands that there are", async () => {
        assert.equal(lines.length, 14);
        for (const { file, line } of lines) {
            const words = (line.split(/ (?:\|\||\|) /)[0] ?? "")
                .replace('${allowed[@]:+--allow "${allowed[@]}"}', "--allow database-volume bucket")
                .replaceAll(/"([^"]*)"/g, "$1")
                .split(" ");
            let ran = false;
            const program = buildCommands(() => {
                ran = true;
                return Promise.resolve();
            });
            program.exitOverride().configureOutput({ writeErr: () => undefined });
            await assert.doesNotReject(program.parseAsync(["node", "anchorage", ...words]), `${file}: ${line}`);
            assert.ok(ran, line);
        }
    });

    it("name pages and files that there are", () => {
        for (const file of [...everyFile, "comment.mjs", "install-tools.sh"]) {
            const named = [...pipelineText(file).matchAll(/\b(docs|pipelines)\/[\w./-]+\.(md|mjs|sh|yml)\b/g)];
            for (const [name] of named) assert.ok(existsSync(path.join(projectRoot, name)), `${file}: ${name}`);
        }
    });
});
