import assert from "node:assert/strict";
import { evaluateSettings, evaluateStack, type MockResource } from "../support/mocks";

type Tree = Readonly<Record<string, unknown>>;

const priorityClass = "registry";
const placement = { priorityClass, resources: "medium" };
const shared = { cluster: { kind: "kubeconfig" }, storage: { kind: "volume", accessMode: "ReadWriteMany" }, placement };
const external = { kind: "external", host: "pg.example.com", create: { password: "hush-hush" } };
const given = { kind: "certificate", existingSecret: "given" };

/** Settings whose own pods, those that no chart and no operator makes, together are all that there are. */
const ours: Readonly<Record<string, Tree>> = {
    "a MinIO in the cluster": { ...shared, storage: { kind: "minio" } },
    "an external database that is made": { ...shared, database: external },
    "a cache that says nothing of itself": { ...shared, cache: { kind: "redis-spotahome" } },
    "a certificate that others renew": {
        ...shared,
        exposure: { kind: "loadBalancer", host: "registry.example.com" },
        tls: given,
    },
};

/** The templates of the pods in an object, wherever it has them. */
function podsOf(value: unknown): Tree[] {
    if (typeof value !== "object" || value === null) return [];
    const here = value as Tree;
    if (Array.isArray(here["containers"])) return [here];
    return Object.values(here).flatMap(podsOf);
}

/** Each pod that a resource of the program has, with that resource's name. */
function pods(resources: readonly MockResource[]): { readonly name: string; readonly pod: Tree }[] {
    return (
        resources
            // The patch of a Deployment that the chart made has only what is added to it.
            .filter(({ type }) => /^kubernetes:(apps|batch|core)\//.test(type) && !type.endsWith("Patch"))
            .flatMap(({ name, inputs }) => podsOf(inputs).map((pod) => ({ name, pod })))
    );
}

function check(name: string, pod: Tree): void {
    assert.equal(pod["priorityClassName"], priorityClass, `${name} has no priority`);
    const security = pod["securityContext"] as Tree | undefined;
    assert.equal(security?.["runAsNonRoot"], true, `${name} may run as root`);
    assert.deepEqual(security["seccompProfile"], { type: "RuntimeDefault" }, name);
    for (const container of pod["containers"] as readonly Tree[]) {
        const { requests, limits } = (container["resources"] ?? {}) as Readonly<Record<string, Tree | undefined>>;
        assert.ok(requests?.["cpu"] !== undefined && requests["memory"] !== undefined, `${name} requests nothing`);
        assert.ok(limits?.["memory"] !== undefined, `${name} has no limit of memory`);
        assert.deepEqual(
            container["securityContext"],
            { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
            name,
        );
    }
}

describe("pods of the program's own", function () {
    this.timeout(60_000);

    for (const [title, settings] of Object.entries(ours)) {
        it(`are ranked, bounded and without rights: ${title}`, async () => {
            const found = pods(await evaluateSettings(settings));
            assert.ok(found.length > 0, "there are no pods to look at");
            for (const { name, pod } of found) check(name, pod);
        });
    }

    for (const stack of ["dev", "public", "public-ha", "onprem"]) {
        for (const generation of ["seed", "current"]) {
            it(`are so in the stack ${stack} of generation ${generation}`, async () => {
                for (const { name, pod } of pods(await evaluateStack(stack, { generation, placement })))
                    check(name, pod);
            });
        }
    }

    it("are seen by the check where something is missing", () => {
        assert.throws(() => check("bare", { containers: [{ name: "x" }] }), /bare has no priority/);
        assert.throws(() => check("bare", { priorityClassName: priorityClass, containers: [] }), /may run as root/);
    });
});
