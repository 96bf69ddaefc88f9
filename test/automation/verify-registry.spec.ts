import assert from "node:assert/strict";
import { verifyTarget } from "../../automation/verify";
import type { Target } from "../../automation/verify/target";
import { projectPrefix, type Verification } from "../../automation/verify/verification";
import type { StepsResult } from "../../automation/steps";
import { UserError } from "../../lib/errors";
import { collectingReporter, sampleOutputs } from "../support/fakes";
import { FakeHarbor, type Flaws } from "../support/fake-harbor";

const outputs = { ...sampleOutputs, release: { ...sampleOutputs.release, scanning: true } };
const quick = { scanTimeoutMs: 50, trustTimeoutMs: 50, requestTimeoutMs: 2_000 };

describe("verify on a Harbor with flaws", () => {
    const running: FakeHarbor[] = [];

    afterEach(async () => {
        for (const fake of running.splice(0)) await fake.stop();
    });

    async function start(flaws: Flaws = {}): Promise<FakeHarbor> {
        const fake = await FakeHarbor.start(flaws);
        running.push(fake);
        return fake;
    }

    const noProgram: Verification["door"] = {
        exec: (file) => Promise.reject(Object.assign(new Error(`no ${file}`), { code: "ENOENT" })),
        env: {},
        kubectl: "kubectl",
        signal: new AbortController().signal,
    };

    async function run(fake: FakeHarbor, target: Partial<Target> = {}, door = noProgram): Promise<StepsResult> {
        const { reporter, text } = collectingReporter();
        // Its port is forwarded already: the fake is there.
        const exposure = { ...outputs.exposure, localPort: Number(new URL(fake.url).port) } as typeof outputs.exposure;
        const result = await verifyTarget(
            { outputs: { ...outputs, exposure }, url: fake.url, user: "admin", password: fake.password, ...target },
            door,
            { reporter, signal: door.signal },
            quick,
        );
        const { error } = result;
        const shown = `${text()}${error instanceof UserError ? error.render() : String(error)}${JSON.stringify(result)}`;
        assert.ok(!shown.includes(fake.password), "no password anywhere");
        return result;
    }

    const stateOf = (result: StepsResult, id: string): string | undefined =>
        result.records.find((record) => record.id === id && record.kind === "step")?.state;

    it("finds none where there is none, and deletes what it made", async () => {
        const fake = await start();
        const result = await run(fake);
        assert.equal(result.error, undefined, String(result.error));
        for (const id of ["portal", "health", "login", "project", "push", "pull", "tags", "scan", "trust"]) {
            assert.equal(stateOf(result, id), "done", id);
        }
        assert.deepEqual([...fake.projects.keys(), ...fake.manifests.keys()], []);
        const skipped = result.records.filter(({ state }) => state === "skipped");
        assert.deepEqual(
            skipped.map(({ id, detail }) => [id, detail]),
            [
                ["forward", `port ${new URL(fake.url).port} is forwarded already`],
                ["certificate", "the stack declares no TLS"],
                ["redirect", "the stack declares no TLS"],
                ["sign", "there is no cosign on this machine (PATH, or ANCHORAGE_COSIGN)"],
                ["signed", '"sign it with Cosign" was not done'],
                ["metrics", "the stack declares no metrics"],
                ["rate-limit", "the stack declares none"],
            ],
        );
    });

    const cases: readonly (readonly [what: string, flaws: Flaws, step: string, message: RegExp])[] = [
        [
            "half of it",
            { unhealthy: "no connection" },
            "health",
            /^Harbor is not healthy: database\n {2}- database: no conn/,
        ],
        ["a wrong password", { password: "another-one-1" }, "login", /user "admin": the password is wrong/],
        ["read-only mode", { readOnly: true }, "login", /^the registry is in read-only mode/],
        [
            "another version",
            { version: "v2.14.4-0" },
            "login",
            /^Harbor 2\.14\.4 answers, and the stack declares 2\.15\.2/,
        ],
        ["an unsupported version", { version: "v2.9.0-0" }, "login", /^Harbor 2\.9\.0 is not supported/],
        [
            "another external URL",
            { realm: "https://other.example.com/t" },
            "login",
            /the token service is said to be at https:\/\/other[^]*external URL/,
        ],
        [
            "a lost scheme",
            { uploadAt: "https://127.0.0.1:1/v2/x" },
            "push",
            /the upload is said to be at https:\/\/127\.0\.0\.1:1/,
        ],
        ["a full quota", { pushStatus: 403 }, "push", /answered 403: DENIED: quota exceeded/],
        [
            "storage that changes content",
            { corruptBlobs: true },
            "pull",
            /has digest sha256:\w+ in place of sha256:\w+/,
        ],
        ["other tags", { otherTags: true }, "tags", /the image has the tag v1[^]*Harbor: v2/],
        ["no portal", { portalStatus: 503 }, "portal", /^the portal answers 503 \(text\/html/],
        ["no scanner", { noScanner: true }, "scan", /^Harbor has no scanner, though the stack declares Trivy/],
        ["a scan that fails", { scanStatus: "Error" }, "scan", /^the scan ended with Error\n {2}- scanner Trivy/],
        [
            "a scan that does not end",
            { scanStatus: "Running" },
            "scan",
            /for the scan to end, in vain\n {2}- the scan is Running/,
        ],
        ["no content trust", { noTrust: true }, "trust", /for the unsigned image to be refused, in vain/],
    ];
    for (const [what, flaws, step, message] of cases) {
        it(`${what}: fails at "${step}" with one clear error, and leaves nothing behind`, async () => {
            const fake = await start(flaws);
            const result = await run(fake);
            assert.equal(stateOf(result, step), "failed");
            assert.ok(result.error instanceof UserError, String(result.error));
            assert.match(result.error.render(), message);
            assert.deepEqual([...fake.projects.keys()], []);
        });
    }

    it("tells all that is wrong where one thing does not depend on the other", async () => {
        const result = await run(await start({ portalStatus: 500, noScanner: true }));
        assert.ok(result.error instanceof UserError);
        assert.match(result.error.render(), /^2 of \d+ steps failed\n {2}- open the portal: [^]*\n {2}- scan it: /);
        assert.equal(stateOf(result, "trust"), "done");
    });

    it("says what it could not delete", async () => {
        const fake = await start({ stuck: true });
        const { error } = await run(fake);
        assert.ok(error instanceof UserError);
        assert.match(
            error.render(),
            /left behind: delete the project: DELETE \/projects\/anchorage-verify-\w{8}\/repos/,
        );
    });

    it("deletes what a killed verification left an hour ago, and nobody else's", async () => {
        const fake = await start();
        const hours = (n: number): { trust: boolean; created: string } => ({
            trust: false,
            created: new Date(Date.now() - n * 3_600_000).toISOString(),
        });
        fake.projects.set(`${projectPrefix}old`, hours(2));
        fake.projects.set(`${projectPrefix}running`, hours(0.5));
        fake.projects.set(`my-${projectPrefix}copy`, hours(2));
        const result = await run(fake);
        assert.deepEqual([...fake.projects.keys()].sort(), [`${projectPrefix}running`, `my-${projectPrefix}copy`]);
        assert.equal(result.records.find(({ id }) => id === "left-over")?.detail, "1 project");
    });

    it("is ended by Ctrl-C in the middle of a wait, and deletes what it made", async () => {
        const fake = await start({ scanStatus: "Running" });
        const interrupt = new AbortController();
        const reason = new UserError("interrupted");
        const poll = setInterval(() => {
            if (fake.seen.some(({ path }) => path.includes("with_scan_overview=true"))) interrupt.abort(reason);
        }, 5);
        const result = await run(fake, {}, { ...noProgram, signal: interrupt.signal });
        clearInterval(poll);
        assert.equal(result.error, reason);
        assert.equal(stateOf(result, "scan"), "interrupted");
        assert.deepEqual([...fake.projects.keys()], []);
    });

    it("names a server that is down", async () => {
        const fake = await start();
        await fake.stop();
        running.pop();
        const result = await run(fake, { withoutEntry: "the test says so" });
        assert.ok(result.error instanceof UserError);
        assert.match(result.error.message, /\/health: http:\/\/127\.0\.0\.1:\d+ does not answer/);
    });
});
