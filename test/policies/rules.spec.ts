import assert from "node:assert/strict";
import type { Json, Resource } from "../../policies/resource";
import { rules } from "../../policies/rules";
import { evaluateSettings, evaluateStack, type MockResource } from "../support/mocks";

type Props = Readonly<Record<string, Json>>;

const resource = (type: string, props: Props, dependsOn: readonly string[] = [], name = "it"): Resource => ({
    type,
    name,
    props,
    dependsOn,
});

/** A release of Harbor's chart that keeps every rule, with these values over it. */
function harbor(values: Props): Resource {
    const resources = { requests: { cpu: "1" }, limits: { memory: "1Gi" } };
    const component = (name: string): Props => ({ resources, ...(values[name] as Props | undefined) });
    return resource("kubernetes:helm.sh/v3:Release", {
        chart: "harbor",
        version: "1.19.2",
        repositoryOpts: { repo: "https://helm.goharbor.io" },
        values: {
            externalURL: "https://registry.example.com",
            ...values,
            core: component("core"),
            jobservice: { jobLoggers: ["database"], ...component("jobservice") },
            portal: component("portal"),
            trivy: component("trivy"),
            registry: {
                registry: { resources },
                controller: { resources },
                ...(values["registry"] as Props | undefined),
            },
        },
    });
}

const release = (props: Props): Resource => resource("kubernetes:helm.sh/v3:Release", { chart: "other", ...props });

const deployment = (container: Props, spec: Props = {}, pod: Props = {}): Resource =>
    resource("kubernetes:apps/v1:Deployment", {
        spec: { ...spec, template: { spec: { containers: [{ name: "app", ...container }], ...pod } } },
    });

const kept = { image: "app:1.2", resources: { requests: { cpu: "1" }, limits: { memory: "1Gi" } } };

const claim = (mode: string): Resource =>
    resource("kubernetes:core/v1:PersistentVolumeClaim", { metadata: { name: "data" }, spec: { accessModes: [mode] } });

const bucket = resource("aws:s3/bucket:Bucket", { bucket: "images" }, [], "bucket");
const allBlocked = {
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
};
const block = (props: Props = allBlocked): Resource =>
    resource("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", props, ["bucket"]);
const policy = (principal: Json, effect = "Allow"): Resource =>
    resource("aws:s3/bucketPolicy:BucketPolicy", {
        policy: JSON.stringify({ Statement: [{ Sid: "Read", Effect: effect, Principal: principal }] }),
    });

const onData = { volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }] };
const schedule = (paused: boolean): Resource => resource("kubernetes:velero.io/v1:Schedule", { spec: { paused } });
const ingress = (spec: Props): Resource => resource("kubernetes:networking.k8s.io/v1:Ingress", { spec });
const gateway = (...protocols: string[]): Resource =>
    resource("kubernetes:gateway.networking.k8s.io/v1:Gateway", {
        spec: { listeners: protocols.map((protocol) => ({ protocol })) },
    });

/** By rule: what is refused with a part of the sentence, and what is allowed. */
const cases: Readonly<
    Record<
        string,
        { readonly refused: readonly (readonly [RegExp, ...Resource[]])[]; readonly allowed: readonly Resource[][] }
    >
> = {
    "no-secret-in-clear": {
        refused: [
            [/values\.harborAdminPassword holds a secret/, harbor({ harborAdminPassword: "Harbor12345" })],
            [/values\.secretKey/, harbor({ secretKey: "not-a-secure-key" })],
            [/values\.core\.secret/, harbor({ core: { secret: "s" } })],
            [/s3\.secretkey/, harbor({ persistence: { imageChartStorage: { s3: { secretkey: "s" } } } })],
            [/values\.config holds/, release({ values: { config: "-----BEGIN RSA PRIVATE KEY-----" } })],
            [/data\.PASSWORD/, resource("kubernetes:core/v1:ConfigMap", { data: { PASSWORD: "p" } })],
            [
                /container app has PGPASSWORD in clear/,
                deployment({ ...kept, env: [{ name: "PGPASSWORD", value: "p" }] }),
            ],
        ],
        allowed: [
            [harbor({ existingSecretAdminPassword: "harbor-admin", database: { internal: { password: "p" } } })],
            [harbor({ core: { existingSecret: "core", secretName: "token" }, secretKey: "" })],
            [
                deployment({
                    ...kept,
                    env: [{ name: "PGPASSWORD", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }],
                }),
            ],
            [resource("kubernetes:core/v1:Secret", { stringData: { password: "p" } })],
        ],
    },
    "no-public-bucket": {
        refused: [
            [/restrictPublicBuckets is not true/, bucket, block({ ...allBlocked, restrictPublicBuckets: false })],
            [/bucket has no BucketPublicAccessBlock/, bucket],
            [/acl is "public-read"/, resource("aws:s3/bucketAcl:BucketAcl", { acl: "public-read" })],
            [/statement Read allows everybody/, policy("*")],
            [/statement Read allows everybody/, policy({ AWS: ["*"] })],
        ],
        allowed: [[bucket, block()], [policy("*", "Deny")], [policy({ AWS: "arn:aws:iam::1:user/registry" })]],
    },
    "no-single-node-volume-with-replicas": {
        refused: [
            [/values\.registry\.replicas is 2/, harbor({ registry: { replicas: 2 } })],
            [/jobservice\.replicas is 3/, harbor({ jobservice: { replicas: 3, jobLoggers: ["file"] } })],
            [
                /it has more than one replica on the claim data/,
                claim("ReadWriteOnce"),
                deployment(kept, { replicas: 2 }, onData),
            ],
        ],
        allowed: [
            [harbor({ registry: { replicas: 2 }, persistence: { imageChartStorage: { type: "s3" } } })],
            [
                harbor({
                    registry: { replicas: 2 },
                    persistence: { persistentVolumeClaim: { registry: { accessMode: "ReadWriteMany" } } },
                }),
            ],
            [claim("ReadWriteMany"), deployment(kept, { replicas: 2 }, onData)],
            [claim("ReadWriteOnce"), deployment(kept, { replicas: 1 }, onData)],
        ],
    },
    "resources-set": {
        refused: [
            [/values\.core\.resources/, harbor({ core: { resources: {} } })],
            [/container app lacks/, deployment({ image: "app:1", resources: { requests: { cpu: "1" } } })],
        ],
        allowed: [[harbor({})], [harbor({ trivy: { enabled: false, resources: {} } })], [deployment(kept)]],
    },
    "disruption-budgets-set": {
        refused: [[/values\.core\.podDisruptionBudget/, harbor({ core: { replicas: 2 } })]],
        allowed: [
            [harbor({ core: { replicas: 2, podDisruptionBudget: { enabled: true } } })],
            [harbor({ core: { replicas: 1 } })],
        ],
    },
    "images-pinned": {
        refused: [
            [/image app: give it a tag/, deployment({ ...kept, image: "app" })],
            [/image localhost:5000\/app:/, deployment({ ...kept, image: "localhost:5000/app" })],
            [/app:latest/, deployment({ ...kept, image: "app:latest" })],
            [/chart other has no version/, release({ repositoryOpts: { repo: "https://charts.example.com" } })],
            [/values\.core\.image\.tag is latest/, harbor({ core: { image: { tag: "latest" } } })],
        ],
        allowed: [
            [deployment({ ...kept, image: "app@sha256:0123" })],
            [deployment({ ...kept, image: "localhost:5000/app:1" })],
            [release({ chart: "./charts/own" })],
        ],
    },
    "external-url-over-https": {
        refused: [[/externalURL is http:\/\/registry/, harbor({ externalURL: "http://registry.example.com" })]],
        allowed: [
            [harbor({})],
            [harbor({ externalURL: "http://localhost:8080" })],
            [harbor({ externalURL: "http://127.0.0.1:30002" })],
        ],
    },
    "tls-on": {
        refused: [
            [/spec\.tls is empty/, ingress({ rules: [] })],
            [/none with the protocol HTTPS/, gateway("HTTP")],
            [/expose\.type is loadBalancer/, harbor({ expose: { type: "loadBalancer", tls: { enabled: false } } })],
        ],
        allowed: [
            [ingress({ tls: [{ hosts: ["a"] }] })],
            [gateway("HTTP", "HTTPS")],
            [harbor({ expose: { type: "nodePort", tls: { enabled: false } } })],
        ],
    },
    "backup-schedule-present": {
        refused: [
            [/no Schedule of Velero/, harbor({})],
            [/every Schedule of Velero is paused/, harbor({}), schedule(true)],
        ],
        allowed: [[harbor({}), schedule(false)], [bucket]],
    },
    "no-retired-part": {
        refused: [[/ingress-nginx is retired since 2026-03/, release({ chart: "ingress-nginx", version: "4" })]],
        allowed: [[release({ chart: "traefik", version: "1" })]],
    },
};

function judge(name: string, resources: readonly Resource[]): string[] {
    const rule = rules.find((candidate) => candidate.name === name);
    assert.ok(rule, `there is no rule ${name}`);
    return [...resources.flatMap((one) => rule.resource?.(one) ?? []), ...(rule.stack?.(resources) ?? [])];
}

describe("the rules of the policy pack", function () {
    this.timeout(60_000);

    it("are all tried here, on both sides", () => {
        assert.deepEqual(Object.keys(cases).toSorted(), rules.map(({ name }) => name).toSorted());
    });

    for (const [name, { refused, allowed }] of Object.entries(cases)) {
        it(`${name} refuses what breaks it`, () => {
            for (const [sentence, ...resources] of refused) {
                const [first = "", ...others] = judge(name, resources);
                assert.match(first, sentence);
                assert.deepEqual(others, []);
            }
        });
        it(`${name} allows what keeps it`, () => {
            for (const resources of allowed) assert.deepEqual(judge(name, resources), []);
        });
    }

    for (const stack of ["lab", "dev", "public", "public-ha", "onprem", "lab-backup"]) {
        it(`stack ${stack} breaks no mandatory one`, async () => {
            const resources = (await evaluateStack(stack)).map(ofMock);
            assert.deepEqual(mandatory(resources), []);
        });
    }

    it("are kept by a bucket on AWS that the program makes", async () => {
        const resources = await evaluateSettings({
            cluster: { kind: "kubeconfig" },
            storage: { kind: "aws", bucket: "images" },
        });
        assert.ok(resources.some(({ type }) => type === "aws:s3/bucket:Bucket"));
        assert.deepEqual(
            // The mocks do not tell which resource an input is of: the block names its bucket in the lab's and the CLI's preview.
            mandatory(resources.map(ofMock)).filter((sentence) => !sentence.includes("has no BucketPublicAccessBlock")),
            [],
        );
    });
});

function mandatory(resources: readonly Resource[]): string[] {
    return rules.filter(({ level }) => level === "mandatory").flatMap(({ name }) => judge(name, resources));
}

function ofMock({ type, name, inputs }: MockResource): Resource {
    return { type, name, props: JSON.parse(JSON.stringify(inputs)) as Props, dependsOn: [] };
}
