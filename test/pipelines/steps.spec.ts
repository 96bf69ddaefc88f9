import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import path from "node:path";
import { gitlabJobs, Runner, scriptOf, setupSteps } from "../support/pipelines";

/** What stands in for `npx`: it writes the report that a preview leaves, and ends as it is told. */
const anchorage = `
folder=""
while [ $# -gt 0 ]; do
    if [ "$1" = --report ]; then folder=$2; fi
    shift
done
if [ -n "$folder" ] && [ -z "\${NO_REPORT:-}" ]; then mkdir -p "$folder"; echo "the report" > "$folder/report.md"; fi
exit "\${CODE:-0}"`;

describe("steps of the pipelines", () => {
    let runner: Runner;
    beforeEach(async () => {
        runner = await Runner.open();
        await runner.shim("npx", anchorage);
    });
    afterEach(() => runner.close());

    const gitlab = (job: string): string => (gitlabJobs()[job]?.script ?? []).join("\n");
    const github = (): Record<string, string> => ({ GITHUB_STEP_SUMMARY: path.join(runner.folder, "summary") });

    for (const [platform, script] of [
        ["GitHub", scriptOf("preview", "preview", "Preview")],
        ["GitLab", gitlab("preview")],
    ] as const) {
        it(`preview on ${platform}: changes pass, dangers and refusals stop it, and the report is kept`, async () => {
            for (const [code, ends] of [
                [0, 0],
                [4, 0],
                [5, 5],
                [1, 1],
                [2, 2],
                [3, 3],
                [130, 130],
            ] as const) {
                const ran = await runner.run(script, { ...github(), STACK: "public", CODE: String(code) });
                assert.equal(ran.code, ends, `${String(code)}: ${ran.stderr}`);
                const args = ["--no", "--", "anchorage", "preview", "--stack", "public"];
                assert.deepEqual(ran.calls, [["npx", ...args, "--report", "out/public", "--exit-code"]]);
                assert.equal(await runner.read("out/public/report.md"), "the report\n");
            }
        });
    }

    it("preview on GitHub: the report is the run's summary, where there is one", async () => {
        const script = scriptOf("preview", "preview", "Preview");
        const none = await runner.run(script, { ...github(), STACK: "public", CODE: "2", NO_REPORT: "1" });
        assert.equal(none.code, 2);
        await assert.rejects(runner.read("summary"));
        await runner.run(script, { ...github(), STACK: "public", CODE: "4" });
        assert.equal(await runner.read("summary"), "the report\n");
    });

    for (const [platform, script, variable] of [
        ["GitHub", scriptOf("release-stack", "release", "Release"), "ALLOW"],
        ["GitLab", gitlab(".anchorage-release"), "ANCHORAGE_ALLOW"],
    ] as const) {
        it(`release on ${platform}: with the dangers that are wanted, each as a word, and with its exit code`, async () => {
            const args = ["npx", "--no", "--", "anchorage", "release", "--stack", "public", "--yes"];
            const whole = [...args, "--report", "out/public"];
            for (const [value, more] of [
                ["", []],
                ["database-volume", ["--allow", "database-volume"]],
                ["database-volume  bucket", ["--allow", "database-volume", "bucket"]],
                ["$(touch here) ; rm", ["--allow", "$(touch", "here)", ";", "rm"]],
            ] as const) {
                const ran = await runner.run(script, { STACK: "public", [variable]: value });
                assert.equal(ran.code, 0, ran.stderr);
                assert.deepEqual(ran.calls, [[...whole, ...more]]);
            }
            await assert.rejects(runner.read("here"));
            assert.equal((await runner.run(script, { STACK: "public", CODE: "1" })).code, 1);
        });
    }

    for (const [platform, script] of [
        ["GitHub", scriptOf("nightly", "backup", "Back up, and read it back")],
        ["GitLab", gitlab("backup")],
    ] as const) {
        it(`backup on ${platform}: what was backed up is read back; without a backup nothing is`, async () => {
            const ran = await runner.run(script, { STACK: "public" });
            assert.deepEqual(
                ran.calls.map((call) => call.slice(4).join(" ")),
                ["backup --stack public", "backup verify latest --stack public"],
            );
            const failed = await runner.run(script, { STACK: "public", CODE: "1" });
            assert.deepEqual([failed.code, failed.calls.length], [1, 1]);
        });
    }

    for (const [platform, script] of [
        ["GitHub", scriptOf("nightly", "drift", "Look for drift")],
        ["GitLab", gitlab("drift")],
    ] as const) {
        it(`drift on ${platform}: any change fails, and is said; what cannot be looked at fails without that`, async () => {
            for (const [code, said] of [
                [0, false],
                [4, true],
                [5, true],
                [1, false],
            ] as const) {
                const env = { ...github(), STACK: "public", CODE: String(code), CI_COMMIT_BRANCH: "main" };
                const ran = await runner.run(script, env);
                assert.equal(ran.code, code, ran.stderr);
                assert.equal(ran.stdout.includes("stack public is not as main says"), said, String(code));
            }
        });
    }

    for (const [platform, script] of [
        ["GitHub", scriptOf("weekly", "restore", "Rehearse the restore")],
        ["GitLab", gitlab("restore")],
    ] as const) {
        it(`rehearsal on ${platform}: the newest set is restored beside the registry`, async () => {
            const ran = await runner.run(script, { STACK: "public" });
            assert.deepEqual(ran.calls[0]?.slice(4), [
                ...["restore", "--from", "latest", "--rehearse", "--stack", "public"],
            ]);
            assert.equal((await runner.run(script, { STACK: "public", CODE: "1" })).code, 1);
        });
    }

    for (const [platform, script] of [
        ["GitHub", scriptOf("preview", "settings", "Check and explain the settings")],
        ["GitLab", gitlab("settings")],
    ] as const) {
        it(`settings of a fork on ${platform}: wrong ones fail, although what is said is kept`, async () => {
            await runner.shim("npx", 'echo "# the plan"; exit "${CODE:-0}"');
            assert.equal((await runner.run(script, { STACK: "public" })).code, 0);
            assert.equal(await runner.read("out/public/plan.md"), "# the plan\n");
            assert.equal((await runner.run(script, { STACK: "public", CODE: "2" })).code, 2);
        });
    }

    it("a kubeconfig is for the job's user alone, also over one of an earlier run", async () => {
        const script = setupSteps().find(({ name }) => name === "Write the kubeconfig")?.run ?? "";
        const env = {
            RUNNER_TEMP: runner.folder,
            GITHUB_ENV: path.join(runner.folder, "environment"),
            KUBECONFIG_TEXT: "kind: Config",
        };
        for (let run = 0; run < 2; run++) assert.equal((await runner.run(script, env)).code, 0);
        const file = path.join(runner.folder, "kubeconfig");
        assert.equal((await stat(file)).mode & 0o777, 0o600);
        assert.equal(await runner.read("kubeconfig"), "kind: Config\n");
        assert.match(await runner.read("environment"), new RegExp(`^KUBECONFIG=${file}$`, "m"));
    });

    it("the pulumi CLI is on the PATH of every later step", async () => {
        const script = setupSteps().find(({ name }) => name === "Install the pulumi CLI")?.run ?? "";
        const env = { GITHUB_PATH: path.join(runner.folder, "path") };
        const failed = await runner.run(script, env);
        assert.notEqual(failed.code, 0, "without the script nothing is put there");
        await assert.rejects(runner.read("path"));
        const inPlace = script.replaceAll("pipelines/install-tools.sh", "install-tools");
        await runner.shim("install-tools", "echo /tools/bin");
        assert.equal((await runner.run(inPlace, env)).code, 0);
        assert.equal(await runner.read("path"), "/tools/bin\n");
    });

    it("on GitLab a job installs, and finds the CLI and its kubeconfig", async () => {
        const lines = gitlabJobs()[".anchorage"]?.before_script ?? [];
        await runner.shim("npm", "");
        await runner.shim(
            "install-tools",
            "mkdir -p tools; printf 'exit 7' > tools/pulumi; chmod +x tools/pulumi; echo $PWD/tools",
        );
        await runner.shim("kubeconfig", "");
        const script = [...lines, "command -v pulumi"]
            .join("\n")
            .replaceAll("pipelines/install-tools.sh", "install-tools");
        const without = await runner.run(script, {});
        assert.equal(without.code, 0, without.stderr);
        assert.match(without.stdout, /tools\/pulumi\n$/);
        assert.deepEqual(without.calls[0]?.slice(0, 2), ["npm", "ci"]);
        const file = path.join(runner.folder, "shims", "kubeconfig");
        assert.equal((await runner.run(script, { KUBECONFIG: file })).code, 0);
        assert.equal((await stat(file)).mode & 0o777, 0o600);
    });
});
