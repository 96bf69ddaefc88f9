import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { verifyTarget } from "../../automation/verify";
import type { StepsResult } from "../../automation/steps";
import type { StackOutputs } from "../../config/contract";
import { UserError } from "../../lib/errors";
import type { Exec, ExecOptions } from "../../lib/exec";
import { collectingReporter, sampleOutputs } from "../support/fakes";
import { FakeHarbor, type Flaws } from "../support/fake-harbor";

const address = { resource: "service/harbor", jsonPath: "{.status}" };

/** The steps of verify that need other programs or a limit: cosign, kubectl, many requests. */
describe("verify with other programs", () => {
    const running: FakeHarbor[] = [];

    afterEach(async () => {
        for (const fake of running.splice(0)) await fake.stop();
    });

    async function run(
        flaws: Flaws,
        exec: (fake: FakeHarbor) => Exec,
        more: Partial<StackOutputs["release"]> = {},
        rateLimit?: { readonly requestsPerSecond: number; readonly burst: number },
        env: NodeJS.ProcessEnv = {},
    ): Promise<{ readonly fake: FakeHarbor; readonly result: StepsResult; readonly text: string }> {
        const fake = await FakeHarbor.start(flaws);
        running.push(fake);
        const { reporter, text } = collectingReporter();
        const { signal } = new AbortController();
        const limit = rateLimit === undefined ? {} : { rateLimit };
        const outputs: StackOutputs = {
            ...sampleOutputs,
            release: { ...sampleOutputs.release, ...more },
            exposure: { kind: "loadBalancer", host: "registry.example.com", address, ...limit },
        };
        const result = await verifyTarget(
            { outputs, url: fake.url, user: "admin", password: fake.password },
            { exec: exec(fake), env, kubectl: "kubectl", signal },
            { reporter, signal },
            { scanTimeoutMs: 50, trustTimeoutMs: 50, requestTimeoutMs: 2_000 },
        );
        return { fake, result, text: text() };
    }

    const absent: Exec = (file) => Promise.reject(Object.assign(new Error(`no ${file}`), { code: "ENOENT" }));
    const recordOf = ({ records }: StepsResult, id: string) => records.find((record) => record.id === id);

    describe("cosign", () => {
        const calls: { readonly args: readonly string[]; readonly options: ExecOptions }[] = [];
        let folder = "";
        const cosign =
            (version: string) =>
            (fake: FakeHarbor): Exec =>
            (file, args, options = {}) => {
                assert.equal(file, "cosign");
                calls.push({ args, options });
                if (args[0] === "version") return Promise.resolve({ stdout: `GitVersion:    v${version}`, stderr: "" });
                folder = options.cwd ?? "";
                if (args[0] === "sign") {
                    const config = path.join(options.env?.["DOCKER_CONFIG"] ?? "", "config.json");
                    assert.equal(statSync(config).mode & 0o777, 0o600);
                    const { auths } = JSON.parse(readFileSync(config, "utf8")) as {
                        auths: Record<string, { auth: string }>;
                    };
                    const auth = auths[new URL(fake.url).host]?.auth ?? "";
                    assert.equal(Buffer.from(auth, "base64").toString(), `admin:${fake.password}`);
                    fake.signed = true;
                }
                return Promise.resolve({ stdout: "", stderr: "" });
            };

        beforeEach(() => {
            calls.length = 0;
        });

        it("signs by digest, Harbor recognises it, and content trust lets it through", async () => {
            const { fake, result } = await run({}, cosign("3.0.2"));
            assert.equal(result.error, undefined, String(result.error));
            assert.equal(recordOf(result, "sign")?.detail, "cosign 3.0.2, sha256:signature");
            assert.equal(recordOf(result, "signed")?.state, "done");
            const sign = calls.at(-1)?.args.join(" ") ?? "";
            const { host } = new URL(fake.url);
            assert.match(sign, /^sign --yes --key cosign\.key --use-signing-config=false --new-bundle-format=false /);
            assert.match(sign, /--tlog-upload=false --allow-http-registry /);
            assert.match(sign, new RegExp(` ${host}/anchorage-verify-\\w{8}/smoke/image@sha256:\\w{64}$`));
            for (const { args } of calls) assert.ok(!args.join(" ").includes(fake.password));
            assert.ok(folder !== "" && !existsSync(folder), "its key and the password are gone");
        });

        it("of version 2 knows fewer flags", async () => {
            await run({}, cosign("2.6.1"));
            assert.match(
                calls.at(-1)?.args.join(" ") ?? "",
                /^sign --yes --key cosign\.key --tlog-upload=false --allow/,
            );
        });

        it("whose signature Harbor does not see is a failure, and its folder is gone all the same", async () => {
            const forgetful = (fake: FakeHarbor): Exec => {
                const signing = cosign("3.0.2")(fake);
                return async (...args) => {
                    const result = await signing(...args);
                    fake.signed = false;
                    return result;
                };
            };
            const { result } = await run({}, forgetful);
            assert.ok(result.error instanceof UserError);
            assert.match(result.error.message, /for Harbor to recognise the signature, in vain/);
            assert.equal(recordOf(result, "signed")?.state, "skipped");
            assert.ok(!existsSync(folder));
        });

        it("that was named and is not there is no reason to skip", async () => {
            const { result } = await run({}, () => absent, {}, undefined, { ANCHORAGE_COSIGN: "/opt/cosign" });
            assert.equal(recordOf(result, "sign")?.state, "failed");
        });
    });

    describe("metrics", () => {
        const asked: string[] = [];
        const kubectl = (answer: (component: string) => string) => (): Exec => (file, args) => {
            if (file !== "kubectl") return absent(file, args);
            asked.push(args.at(-1) ?? "");
            const component = /harbor-(\w+):/.exec(args.at(-1) ?? "")?.[1] ?? "";
            return Promise.resolve({ stdout: answer(component), stderr: "" });
        };

        it("are read of each component, through the cluster's API", async () => {
            asked.length = 0;
            const answer = (): string => '# HELP harbor_up\nharbor_up{component="core"} 1\ngo_threads 9\n';
            const { result } = await run({}, kubectl(answer), { metrics: true });
            assert.equal(result.error, undefined, String(result.error));
            assert.equal(recordOf(result, "metrics")?.detail, "core 2, jobservice 2, registry 2, exporter 2");
            assert.equal(asked[0], "/api/v1/namespaces/harbor/services/harbor-core:8001/proxy/metrics");
        });

        it("that are none, or do not answer, are a failure", async () => {
            const empty = await run(
                {},
                kubectl((component) => (component === "exporter" ? "<html>" : "a 1")),
                { metrics: true },
            );
            assert.match(String(empty.result.error), /exporter answers without a metric/);
            const refused = (): Exec => (file, args) =>
                file === "kubectl" ? Promise.reject(new Error("no endpoints available")) : absent(file, args);
            const { result } = await run({}, refused, { metrics: true });
            assert.ok(result.error instanceof UserError);
            assert.match(result.error.render(), /the metrics do not answer\n {2}- no endpoints available/);
        });
    });

    describe("rate limit", () => {
        const limit = { requestsPerSecond: 20, burst: 5 };

        it("is run into", async () => {
            const { fake, result } = await run({ pings: 100 }, () => absent, {}, limit);
            assert.equal(result.error, undefined, String(result.error));
            assert.match(recordOf(result, "rate-limit")?.detail ?? "", /^\d+ of \d+ answered 429$/);
            assert.ok(fake.pings > 100 && fake.pings <= 170, "and not much beyond");
        });

        it("that does not limit is a failure", async () => {
            const { result } = await run({}, () => absent, {}, limit);
            assert.ok(result.error instanceof UserError);
            assert.match(result.error.message, /^170 requests at once, and none was answered 429$/);
        });

        it("that is out of reach is not tried", async () => {
            const { fake, result } = await run({}, () => absent, {}, { requestsPerSecond: 10_000, burst: 5 });
            assert.equal(recordOf(result, "rate-limit")?.detail, "75020 requests at once are more than verify sends");
            assert.equal(fake.pings, 0);
        });
    });
});
