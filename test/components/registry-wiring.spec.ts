import assert from "node:assert/strict";
import { Registry } from "../../components/registry";
import { parseSettings } from "../../config/settings";
import { evaluateDependencies, type DependentResource } from "../support/mock-dependencies";

type Raw = Readonly<Record<string, unknown>>;

/** The registry's resources, and what it warned of. */
async function evaluated(more: Raw): Promise<{ resources: readonly DependentResource[]; warnings: readonly string[] }> {
    const settings = parseSettings({ cluster: { kind: "kubeconfig" }, ...more });
    const warnings: string[] = [];
    const { warn } = console;
    // Where the SDK has no engine, a warning of the program goes there.
    console.warn = (text: string) => warnings.push(text);
    try {
        return { resources: await evaluateDependencies(() => new Registry("registry", { settings })), warnings };
    } finally {
        console.warn = warn;
    }
}

describe("registry", () => {
    it("warns of a retired part, and makes it all the same", async () => {
        const { resources, warnings } = await evaluated({ cache: { kind: "redis-spotahome" } });
        assert.equal(warnings.length, 1, warnings.join("\n"));
        assert.match(warnings[0] ?? "", /cache\.kind is "redis-spotahome", which is retired since 2023-08/);
        assert.ok(resources.some(({ name }) => name === "registry-cache-servers"));
    });

    it("warns of nothing where every part is alive", async () => {
        const { warnings } = await evaluated({ cache: { kind: "redis-ot" }, database: { kind: "cloudnative-pg" } });
        assert.deepEqual(warnings, []);
    });

    it("installs an operator, then what it serves, then Harbor", async () => {
        const { resources } = await evaluated({ cache: { kind: "redis-ot" }, database: { kind: "zalando" } });
        const of = (name: string): readonly string[] => {
            const found = resources.find((resource) => resource.name === name);
            assert.ok(found, `there is no ${name}`);
            return found.dependencies;
        };
        assert.ok(of("registry-database-cluster").includes("registry-operators-zalando"));
        assert.ok(of("registry-cache-servers").includes("registry-operators-redis-ot"));
        // A component waits with all its children.
        const harbor = of("registry-harbor");
        for (const before of ["registry-database-cluster", "registry-cache-servers", "registry-cache-credentials"]) {
            assert.ok(harbor.includes(before), `${before} is not among ${harbor.join(", ")}`);
        }
    });

    it("installs Velero after all whose kinds it is to know", async () => {
        const place = { kind: "s3", region: "us-east-1", existingSecret: "keys" };
        const { resources } = await evaluated({
            storage: { ...place, bucket: "images" },
            backup: { kind: "velero", location: { ...place, bucket: "velero" } },
            database: { kind: "cloudnative-pg" },
            cache: { kind: "redis-ot" },
        });
        const velero = resources.find(({ name }) => name === "registry-operators-velero");
        const others = resources.filter(({ name }) =>
            /^registry-operators-(?!velero)[a-z-]+(?<!-namespace)$/.test(name),
        );
        assert.deepEqual(others.map(({ name }) => name).sort(), [
            "registry-operators-cloudnative-pg",
            "registry-operators-redis-ot",
        ]);
        for (const { name } of others) assert.ok(velero?.dependencies.includes(name), name);
    });

    it("leaves an operator alone that is there, and still makes what it serves", async () => {
        const { resources } = await evaluated({
            database: { kind: "cloudnative-pg" },
            operators: { "cloudnative-pg": { installed: true } },
        });
        const names = resources.map(({ name }) => name);
        assert.ok(names.includes("registry-database-cluster"));
        assert.ok(!names.some((name) => name.startsWith("registry-operators-")));
    });
});
