import assert from "node:assert/strict";
import { HarborWorkloads } from "../../../automation/upgrade/workloads";
import { UserError } from "../../../lib/errors";

/** Pods of Harbor's release, as kubectl lists them. */
interface FakePod {
    readonly name: string;
    readonly component: string;
    readonly version: string;
    readonly phase: string;
    readonly job?: string;
    readonly message?: string;
}

function objectOf({ name, component, version, phase, job, message }: FakePod): object {
    const terminated = { exitCode: 1, ...(message === undefined ? {} : { message }) };
    return {
        kind: "Pod",
        metadata: {
            ...{ name, uid: name, labels: { component }, creationTimestamp: `2026-11-23T18:00:0${name.at(-1) ?? ""}Z` },
            ...(job === undefined ? {} : { ownerReferences: [{ uid: job }] }),
        },
        spec: { containers: [{ image: `goharbor/harbor-core:v${version}` }] },
        status: {
            phase,
            containerStatuses: [{ name: "core-job", state: phase === "Failed" ? { terminated } : {} }],
        },
    };
}

/** A namespace whose Job, once deleted, takes its pods along. */
class FakeNamespace {
    readonly namespace = "harbor";
    readonly signal = new AbortController().signal;
    readonly asked: string[] = [];

    constructor(public pods: FakePod[]) {}

    kubectl(_what: string, [verb, ...args]: readonly string[]): Promise<string> {
        const selector = args[args.indexOf("-l") + 1] ?? "";
        this.asked.push([verb, args[0], ...(/component in \((.*)\)/.exec(selector)?.slice(1) ?? [])].join(" "));
        if (verb === "delete") {
            assert.equal(selector, "app=harbor,release=harbor,component in (migrator)");
            this.pods = this.pods.filter(({ component }) => component !== "migrator");
        } else if (verb === "scale") {
            this.pods = this.pods.filter(({ component }) => component !== "core");
        } else if (verb === "get" && args[0] === "deployments") {
            return Promise.resolve(JSON.stringify({ items: [{ metadata: { name: "harbor-core" }, spec: {} }] }));
        } else if (verb === "get") {
            return Promise.resolve(JSON.stringify({ items: this.pods.map(objectOf) }));
        } else throw new Error(`unexpected kubectl ${String(verb)} ${args.join(" ")}`);
        return Promise.resolve("");
    }
}

describe("Harbor's workloads in an upgrade", () => {
    const core: FakePod = { name: "harbor-core-0", component: "core", version: "2.14.4", phase: "Running" };
    const migration = (index: number, phase: string, more: Partial<FakePod> = {}): FakePod => ({
        ...{ name: `migration-job-${String(index)}`, component: "migrator", version: "2.15.2", phase, job: "job-1" },
        ...more,
    });
    const watch = async (namespace: FakeNamespace, change: () => void): Promise<unknown> => {
        const over = new AbortController();
        const watching = new HarborWorkloads(namespace, "harbor").watchForCrash(over.signal);
        change();
        // Long enough for the first look that counts: it is made at once, after the one that says what was before.
        setImmediate(() => {
            over.abort();
        });
        return watching.catch((error: unknown) => error);
    };

    it("end the migration with the pods that write, so that it does not go on after the database is back", async () => {
        const namespace = new FakeNamespace([core, migration(0, "Failed"), migration(1, "Running")]);
        const workloads = new HarborWorkloads(namespace, "harbor");
        assert.deepEqual(await workloads.replicas(), { "harbor-core": 1 });
        await workloads.stop();
        assert.deepEqual(namespace.pods, []);
        assert.deepEqual(namespace.asked.slice(2, 4), ["scale deployment", "delete jobs migrator"]);
    });

    it("are of one version, whatever the pod of an older migration was of", async () => {
        const pods = [core, migration(0, "Succeeded", { version: "2.12.2" })];
        const images = await new HarborWorkloads(new FakeNamespace(pods), "harbor").images();
        assert.deepEqual(images, ["goharbor/harbor-core:v2.14.4"]);
    });

    it("are given up when a migration failed twice, with what the first one said", async () => {
        const namespace = new FakeNamespace([core]);
        const error = await watch(namespace, () => {
            namespace.pods = [
                migration(1, "Failed", { message: "Dirty database version 180" }),
                migration(0, "Failed", { message: "migration 180 failed" }),
            ];
        });
        assert.ok(error instanceof UserError);
        assert.match(error.render(), /core-job of pod migration-job-0 .*migration 180 failed.*logs migration-job-0/s);
    });

    it("are waited for when a migration failed once, and when a Job of before had failed", async () => {
        const once = new FakeNamespace([core]);
        assert.equal(
            await watch(once, () => (once.pods = [migration(0, "Failed"), migration(1, "Running")])),
            undefined,
        );
        const before = new FakeNamespace([migration(0, "Failed"), migration(1, "Failed")]);
        assert.equal(await watch(before, () => undefined), undefined);
    });
});
