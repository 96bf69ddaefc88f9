import { readFileSync } from "node:fs";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { getMonitor } from "@pulumi/pulumi/runtime/settings";
import { parse } from "yaml";
import { Registry } from "../../components/registry";
import { parseSettings } from "../../config/settings";
import { withLab } from "../../config/stand-in";
import { projectRoot, type LabEndpoints } from "../../lib/home";

/** What a lab would hand over; nothing of it is reached under mocks. */
export const mockLab: LabEndpoints = {
    name: "anchorage",
    id: "mock",
    kubeconfig: "/lab/kubeconfig",
    context: "kwok-anchorage",
    s3: {
        endpoint: "http://127.0.0.1:7070",
        region: "us-east-1",
        accessKey: "LAB-ACCESS-KEY",
        secretKey: "lab-secret-key",
    },
    tools: { kubectl: "/lab/kubectl", helm: "/lab/helm" },
    charts: "/lab/charts",
};

export interface MockResource {
    /** Types of the parents and its own, from the top: `A$B$C`. */
    readonly types: string;
    readonly type: string;
    readonly name: string;
    readonly inputs: Readonly<Record<string, unknown>>;
}

/** A generated value as the mocks make it: recognisable wherever it turns up. */
export const generated = (name: string): string => `generated-${name}`;

/** Evaluates the program's registry for a stack's settings file under Pulumi's mocks. */
export async function evaluateStack(
    stack: string,
    overrides: Readonly<Record<string, unknown>> = {},
): Promise<readonly MockResource[]> {
    const { config } = parse(readFileSync(path.join(projectRoot, `Pulumi.${stack}.yaml`), "utf8")) as {
        config: Record<string, unknown>;
    };
    const raw = Object.fromEntries(
        Object.entries(config).map(([key, value]) => [key.replace("anchorage:", ""), value]),
    );
    return evaluateSettings({ ...raw, ...overrides }, stack);
}

/** Evaluates the program's registry for settings as they stand in a stack's file, without the namespace of the keys. */
export function evaluateSettings(
    raw: Readonly<Record<string, unknown>>,
    stack = "mock",
): Promise<readonly MockResource[]> {
    const settings = parseSettings(raw);
    const onLab = settings.cluster.kind === "lab";
    return evaluate(
        () => new Registry("registry", onLab ? { settings: withLab(settings, mockLab), lab: mockLab } : { settings }),
        stack,
    );
}

/** What is registered under Pulumi's mocks by `build`. */
export async function evaluate(build: () => pulumi.Resource, stack = "mock"): Promise<readonly MockResource[]> {
    const seen = new Map<string, MockResource["inputs"]>();
    await pulumi.runtime.setMocks(
        {
            newResource: ({ type, name, inputs }) => {
                const given = inputs as Record<string, unknown>;
                seen.set(`${type}::${name}`, given);
                return { id: `${name}-id`, state: { ...given, ...outputsOf(type, name) } };
            },
            call: ({ token }) => {
                throw new Error(`unexpected call of ${token}`);
            },
        },
        "anchorage",
        stack,
        false,
    );
    const monitor = getMonitor() as unknown as { resources: ReadonlyMap<string, unknown> };
    build();
    await pulumi.runtime.disconnect(); // returns when every registration has been answered
    return [...monitor.resources.keys()].map((urn) => {
        const [types = "", name = ""] = urn.split("::").slice(-2);
        const type = types.split("$").at(-1) ?? "";
        return { types, type, name, inputs: seen.get(`${type}::${name}`) ?? {} };
    });
}

function outputsOf(type: string, name: string): Record<string, unknown> {
    switch (type) {
        case "random:index/randomPassword:RandomPassword":
            return { result: generated(name), bcryptHash: generated(`${name}-bcrypt`) };
        case "tls:index/privateKey:PrivateKey":
            return { privateKeyPem: generated(name) };
        case "tls:index/selfSignedCert:SelfSignedCert":
            return { certPem: generated(name) };
        case "tls:index/certRequest:CertRequest":
            return { certRequestPem: generated(name) };
        case "tls:index/locallySignedCert:LocallySignedCert":
            return { certPem: generated(name) };
        case "aws:s3/bucket:Bucket":
            return { arn: `arn:aws:s3:::${name}` };
        case "aws:iam/accessKey:AccessKey":
            return { secret: generated(name) };
        case "command:local:Command":
            return { stdout: generated(name) };
        default:
            return {};
    }
}
