import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import path from "node:path";
import { operatorCharts } from "../../../config/catalogue";
import { operatorNames, type Operator } from "../../../lab/operators/facts";
import { loadBalancerAddress } from "../../../lab/stages/addresses";
import { exec, ExecFailure } from "../../../lib/exec";
import type { LabEndpoints } from "../../../lib/home";
import { waitFor } from "../../../lib/wait";
import { kubectl } from "../../support/engine-lab";
import { labTimeout, operatorLab } from "../../support/lab";
import { samples, type Sample } from "../../support/operator-samples";

/** Values without which a chart does not bring its definitions. */
const values: Readonly<Partial<Record<Operator, object>>> = { "cert-manager": { crds: { enabled: true } } };

interface Doors {
    readonly secret: (name: string, key: string) => Promise<string>;
    readonly get: (what: string, template: string) => Promise<string>;
    readonly apply: (object: object) => Promise<unknown>;
}

/** What is looked at once the samples of an operator are answered. */
const checks: Readonly<Partial<Record<Operator, Readonly<Record<string, (doors: Doors) => Promise<void>>>>>> = {
    "cert-manager": {
        "made a key pair for the names that were asked for": async ({ secret }) => {
            const certificate = new X509Certificate(await secret("sample-tls", "tls.crt"));
            assert.ok(certificate.checkPrivateKey(createPrivateKey(await secret("sample-tls", "tls.key"))));
            for (const host of ["registry.example.com", "notary.example.com"])
                assert.equal(certificate.checkHost(host), host);
            assert.equal(certificate.checkIP("192.0.2.1"), "192.0.2.1");
            assert.equal(certificate.ca, false);
            const authority = new X509Certificate(await secret("sample-tls", "ca.crt"));
            assert.ok(certificate.verify(authority.publicKey));
        },
        "made an authority where one was asked for": async ({ secret }) => {
            const certificate = new X509Certificate(await secret("sample-ca", "tls.crt"));
            assert.equal(certificate.ca, true);
            assert.equal(certificate.subject, "CN=Sample CA");
        },
    },
    "cloudnative-pg": {
        "made the login of the database's owner": async ({ secret }) => {
            assert.equal(await secret("sample-app", "username"), "harbor");
            assert.equal(await secret("sample-app", "dbname"), "registry");
            assert.match(await secret("sample-app", "password"), /^\w{32}$/);
        },
    },
    zalando: {
        "made the login of the database's owner": async ({ secret }) => {
            const name = "harbor-owner.sample-postgresql.credentials.postgresql.acid.zalan.do";
            assert.equal(await secret(name, "username"), "harbor_owner");
            assert.match(await secret(name, "password"), /^\w{32}$/);
        },
    },
    "envoy-gateway": {
        "gave the Gateway an address": async ({ get }) => {
            const address = await get(
                "gateways.gateway.networking.k8s.io/sample-envoy-gateway",
                "{{range .status.addresses}}{{.value}}{{end}}",
            );
            assert.equal(address, loadBalancerAddress);
        },
    },
    "ingress-nginx": {
        "has a class, and gives an Ingress an address": async ({ apply, get }) => {
            assert.equal(await get("ingressclass/nginx", "{{.spec.controller}}"), "k8s.io/ingress-nginx");
            const service = { name: "harbor", port: { number: 80 } };
            await apply({
                apiVersion: "networking.k8s.io/v1",
                kind: "Ingress",
                metadata: { name: "sample" },
                spec: { ingressClassName: "nginx", defaultBackend: { service } },
            });
            const address = await waitFor(
                async () =>
                    (await get("ingress/sample", "{{range .status.loadBalancer.ingress}}{{.ip}}{{end}}")) || undefined,
                { what: "the address of the Ingress", timeoutMs: 60_000 },
            );
            assert.equal(address, loadBalancerAddress);
        },
    },
};

describe("operators in a lab", function () {
    this.timeout(120_000);

    let lab: LabEndpoints;
    let there: string;

    /** Kinds of the whole cluster that a release could leave behind. */
    const clusterWide = (): Promise<string> =>
        kubectl(lab, "get", "customresourcedefinitions,ingressclasses,clusterroles", "-o", "name");
    const helm = (args: readonly string[], input = ""): Promise<unknown> =>
        exec(lab.tools.helm, ["--kubeconfig", lab.kubeconfig, ...args], { input });
    const apply = (namespace: string, object: object): Promise<unknown> =>
        exec(
            lab.tools.kubectl,
            ["--kubeconfig", lab.kubeconfig, "-n", namespace, "apply", "--server-side", "--validate=strict", "-f", "-"],
            { input: JSON.stringify(object) },
        );
    const get = (namespace: string, what: string, template: string): Promise<string> =>
        kubectl(lab, "-n", namespace, "get", what, "--ignore-not-found", "-o", `go-template=${template}`);
    const secretKey = (namespace: string, name: string, key: string): Promise<string> =>
        get(namespace, `secret/${name}`, `{{index .data "${key}" | base64decode}}`);

    /** Waits until a sample is answered. */
    const answered = async (namespace: string, { resource, object, ready, made }: Sample): Promise<void> => {
        const what = `${resource}/${object.metadata.name}`;
        if (ready !== undefined) await kubectl(lab, "-n", namespace, "wait", what, `--for=${ready}`, "--timeout=60s");
        for (const each of made)
            await waitFor(async () => ((await get(namespace, each, "there")) === "there" ? true : undefined), {
                what: each,
                timeoutMs: 60_000,
            });
    };
    /** Kinds for which KWOK has a Stage, as apiVersion/kind. */
    const staged = async (): Promise<readonly string[]> => {
        const template = "{{range .items}}{{with .spec.resourceRef}}{{.apiGroup}}/{{.kind}} {{end}}{{end}}";
        return (await kubectl(lab, "get", "stages", "-o", `go-template=${template}`)).split(" ");
    };
    const removed = async (namespace: string, operator: Operator): Promise<void> => {
        for (const { resource, object } of [...samples[operator]].reverse())
            await kubectl(lab, "-n", namespace, "delete", resource, object.metadata.name, "--ignore-not-found");
    };

    before(async function () {
        this.timeout(labTimeout);
        lab = await operatorLab();
        there = await clusterWide();
    });

    it("cannot refuse an object by a webhook, which a simulated pod would not answer", async () => {
        const everywhere = { apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["configmaps"] };
        const webhook = {
            name: "nobody.example.com",
            clientConfig: { service: { name: "nobody", namespace: "default" } },
            ...{ rules: [everywhere], failurePolicy: "Fail", sideEffects: "None", admissionReviewVersions: ["v1"] },
        };
        const metadata = { name: "nobody" };
        for (const kind of ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"]) {
            const configuration = { apiVersion: "admissionregistration.k8s.io/v1", kind, metadata };
            await apply("default", { ...configuration, webhooks: [webhook] });
        }
        await apply("default", { apiVersion: "v1", kind: "ConfigMap", metadata, data: { a: "b" } });
        const all = "validatingwebhookconfigurations,mutatingwebhookconfigurations,configmaps";
        await kubectl(lab, "-n", "default", "delete", all, "--field-selector", "metadata.name=nobody");
    });

    for (const operator of operatorNames) {
        describe(operator, () => {
            const namespace = `sample-${operator}`;
            const { chart, folder = chart } = operatorCharts[operator] as { chart: string; folder?: string };
            const install = (): Promise<unknown> =>
                helm(
                    [
                        ...["install", operator, path.join(lab.charts, folder), "-n", namespace, "--create-namespace"],
                        ...["--server-side=false", "--wait", "--values", "-"],
                    ],
                    JSON.stringify(values[operator] ?? {}),
                );

            it("is installed, with its pod ready, and may hold all of it in a release", async () => {
                await install();
                assert.equal(
                    await get(namespace, "deployments", "{{range .items}}{{.status.readyReplicas}}{{end}}"),
                    "1",
                );
                const [release] = (await get(namespace, "secrets", "{{range .items}}{{.data.release}} {{end}}"))
                    .split(" ")
                    .filter((text) => text !== "" && text !== "<no value>");
                assert.ok(release !== undefined && release.length < 2 ** 20 / 2, String(release?.length));
            });

            for (const sample of samples[operator]) {
                const title = `${sample.object.kind} ${sample.object.metadata.name}`;
                it(`answers ${title}`, async () => {
                    await apply(namespace, sample.object);
                    await answered(namespace, sample);
                });
                it(`refuses ${title} with a field that its kind does not have`, async () => {
                    const { spec } = sample.object;
                    await assert.rejects(
                        apply(namespace, { ...sample.object, spec: { ...spec, ...sample.wrong } }),
                        (error) =>
                            error instanceof ExecFailure && error.stderr.includes("field not declared in schema"),
                    );
                });
            }

            for (const [title, check] of Object.entries(checks[operator] ?? {}))
                it(title, () =>
                    check({
                        secret: (name, key) => secretKey(namespace, name, key),
                        get: (what, template) => get(namespace, what, template),
                        apply: (object) => apply(namespace, object),
                    }),
                );

            const leave = async (): Promise<void> => {
                await removed(namespace, operator);
                await helm(["uninstall", operator, "-n", namespace, "--wait"]);
                assert.equal(await clusterWide(), there);
                const kinds = samples[operator].map(({ object }) => `${object.apiVersion}/${object.kind}`);
                const none = async (): Promise<true | undefined> => {
                    const now = await staged();
                    return kinds.some((kind) => now.includes(kind)) ? undefined : true;
                };
                await waitFor(none, { what: `no Stage for ${kinds.join(", ")}`, timeoutMs: 30_000 });
            };

            // Who plays them is the same for all.
            if (operator === "cloudnative-pg")
                it("answers when it was taken away and comes back", async () => {
                    await leave();
                    await install();
                    for (const sample of samples[operator]) {
                        await apply(namespace, sample.object);
                        await answered(namespace, sample);
                    }
                });

            it("lets go of its kinds when it is taken away, and leaves nothing behind", async () => {
                await leave();
                // What stood beside the objects, too: with its kind, the garbage collector loses an owner.
                await kubectl(lab, "delete", "namespace", namespace, "--timeout=60s");
            });
        });
    }
});
