import { containersOf, isRelease, leavesOf, listAt, podSpecOf, textAt, type Json, type Resource } from "../resource";
import type { Rule } from "../rule";

/** A key or a variable that holds a secret itself, not the name of where one is. */
const secretKey =
    /(password|passwd|token|secretkey|secret_key|accesskey|access_key|accountkey|encodedkey|accesskeysecret|privatekey|private_key|xsrfkey|tokenkey|htpasswdstring)$|^secret$/i;
const nameOfOne = /existing|secretname|ref$/i;
const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/** The chart takes the password of its own database as a value only (harbor-helm, values.yaml: database.internal). */
const asValueOnly = new Set(["database.internal.password"]);

export const noSecretInClear: Rule = {
    name: "no-secret-in-clear",
    level: "mandatory",
    description:
        "Passwords and keys are in Secrets: never in a chart's values, a ConfigMap or a container's environment.",
    resource: (resource) => [...inValues(resource), ...inConfigMap(resource), ...inEnvironment(resource)],
};

function isSecret(key: string, value: Json): boolean {
    if (typeof value !== "string" || value === "") return false;
    return (secretKey.test(key) && !nameOfOne.test(key)) || privateKey.test(value);
}

function inValues(resource: Resource): string[] {
    if (!isRelease(resource)) return [];
    return [...leavesOf(resource.props["values"] ?? {})]
        .filter(([path, value]) => isSecret(path.at(-1) ?? "", value) && !asValueOnly.has(path.join(".")))
        .filter(([path]) => !path.some((key) => nameOfOne.test(key)))
        .map(([path]) => `values.${path.join(".")} holds a secret: name an existing Secret in its place`);
}

function inConfigMap({ type, props }: Resource): string[] {
    if (type !== "kubernetes:core/v1:ConfigMap") return [];
    return [...leavesOf({ data: props["data"] ?? {}, binaryData: props["binaryData"] ?? {} })]
        .filter(([path, value]) => isSecret(path.at(-1) ?? "", value))
        .map(([path]) => `${path.join(".")} holds a secret: a ConfigMap is read by everybody; make it a Secret`);
}

function inEnvironment(resource: Resource): string[] {
    return containersOf(podSpecOf(resource)).flatMap((container) =>
        listAt(container, "env")
            .filter((variable) => isSecret(textAt(variable, "name") ?? "", textAt(variable, "value") ?? ""))
            .map(
                (variable) =>
                    `container ${textAt(container, "name") ?? ""} has ${textAt(variable, "name") ?? ""} in clear: take it ` +
                    "from a Secret by valueFrom.secretKeyRef",
            ),
    );
}
