import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { createContext } from "../../automation/cli-context";
import type { Reporter } from "../../automation/reporter";
import { upgradeRollback } from "../../automation/upgrade/rollback";
import { upgradeRun } from "../../automation/upgrade/run";
import { smallImage } from "../../harbor/registry/image";
import { resetLab } from "../../lab/lab";
import { UserError } from "../../lib/errors";
import { exec } from "../../lib/exec";
import { projectRoot } from "../../lib/home";
import { readLabEndpoints } from "../../lib/lab-endpoints";
import { collectingReporter } from "../support/fakes";
import { labTimeout, testBinaries } from "../support/lab";
import { labProject, settingsWithBackup } from "../support/lab-project";
import { openLabRegistry, requireUpgraded, type OpenedRegistry } from "../support/lab-registry";
import { labSql } from "../support/lab-sql";

const name = "failing-steps";
const cli = path.join(projectRoot, "bin/anchorage.js");
const settings = settingsWithBackup(name, "{ version: 2.12.2 }");
const schemaOf: Readonly<Record<string, number>> = { "2.12.2": 150, "2.14.4": 171 };

/** Has one of the steps fail once its work is done. */
class FailingReporter {
    private begun = 0;
    /** Title of the step that failed; undefined: there are not so many. */
    failedAt: string | undefined;

    constructor(
        private readonly failing: number,
        private readonly inner: Reporter,
    ) {}

    get reporter(): Reporter {
        return { ...this.inner, step: (title, work) => this.step(title, work) };
    }

    private async step<T>(title: string, work: (update: (detail: string) => void) => Promise<T>): Promise<T> {
        const isIt = ++this.begun === this.failing;
        const value = await this.inner.step(title, work);
        if (!isIt) return value;
        this.failedAt = title;
        throw new UserError(`injected after "${title}"`);
    }
}

/** As every call of a hop that fails is on fakes (test/automation/upgrade/drive.spec.ts); with real parts it takes ten minutes. */
describe("upgrade in a lab: a hop that fails at each of its steps in turn (ANCHORAGE_LONG=1)", function () {
    this.timeout(30 * 60_000);

    let project: string;
    let harbor: OpenedRegistry;
    const digests: string[] = [];
    const { signal } = new AbortController();
    const options = { stack: name, engine: "rehearsal", yes: true, wait: 120 } as const;
    const context = (reporter = collectingReporter("json").reporter) =>
        createContext({ reporter, signal, interactive: false });

    before(async function () {
        if (process.env["ANCHORAGE_LONG"] !== "1") this.skip();
        this.timeout(labTimeout);
        project = await labProject(name);
        process.env["ANCHORAGE_PROJECT"] = project;
        await writeFile(path.join(project, `Pulumi.${name}.yaml`), settings);
        for (const args of [
            ["lab", "start", "--name", name],
            ["up", "--stack", name, "--engine", "rehearsal", "--yes"],
        ])
            await exec(process.execPath, [cli, ...args]);
        harbor = await openLabRegistry(await readLabEndpoints(name));
        for (const text of ["one", "two"])
            digests.push(await harbor.registry.push("library/app", text, smallImage(text)));
    });
    after(async function () {
        if (process.env["ANCHORAGE_LONG"] !== "1") return;
        delete process.env["ANCHORAGE_PROJECT"];
        await harbor.close();
        await resetLab({ name, binaries: await testBinaries(), exec });
        await rm(project, { recursive: true });
    });

    /** @returns the version that is there: whole, with its own schema, every image and nothing switched */
    const requireWhole = async (step: string): Promise<string> => {
        const { harbor_version = "" } = await harbor.opened.client.system.info({ signal });
        const version = harbor_version.replace(/^v|-.*$/g, "");
        await requireUpgraded(harbor, version, digests);
        const schema = await labSql(name, "SELECT version::int, dirty FROM schema_migrations");
        assert.deepEqual(schema, [{ version: schemaOf[version], dirty: false }], step);
        return version;
    };

    it("ends at the old version with the old database, or at the new one; every image is there", async () => {
        const ends: string[] = [];
        for (let failing = 1; ; failing++) {
            const { inner, failure } = await failingRun(failing);
            const step = inner.failedAt;
            if (step === undefined) {
                assert.equal(failure, undefined);
                assert.equal(await requireWhole("none"), "2.14.4");
                break;
            }
            assert.ok(failure instanceof UserError, step);
            const version = await requireWhole(step);
            ends.push(`${step}: ${version}`);
            if (version !== "2.12.2") {
                await upgradeRollback(options, context());
                assert.equal(await requireWhole(`rollback after ${step}`), "2.12.2");
            }
        }
        console.log(ends.map((end) => `      ${end}`).join("\n"));
        assert.ok(ends.length >= 15, ends.join("\n"));
        for (const step of ["make Harbor read-only", "install Harbor 2.14.4", "pull images by their digest"])
            assert.ok(ends.includes(`${step}: 2.12.2`), ends.join("\n"));
    });

    async function failingRun(failing: number) {
        const inner = new FailingReporter(failing, collectingReporter("json").reporter);
        const failure = await upgradeRun(
            { ...options, to: "2.14.4", acceptEngineChange: true },
            context(inner.reporter),
        ).then(
            () => undefined,
            (thrown: unknown) => thrown,
        );
        return { inner, failure };
    }
});
