import type { Settings } from "../schema";

/** Raw values that would undo what the program promises, and why. */
const forbiddenValues: readonly (readonly [path: string, why: string])[] = [
    [
        "core.configureUserSettings",
        "it locks every setting, read-only for a backup too (harbor#8076): change settings through the API",
    ],
    ["harborAdminPassword", "a password in clear: the program keeps it in a Secret"],
    ["secretKey", "a key in clear: the program keeps it in a Secret, and it must never change"],
    ["existingSecretAdminPassword", "the program's own Secret is named here"],
    ["existingSecretSecretKey", "the program's own Secret is named here"],
    ["core.secret", "a secret in clear: the program keeps it in a Secret"],
    ["core.existingSecret", "the program's own Secret is named here"],
    ["core.secretName", "the program's own token key is named here"],
    ["core.tokenKey", "a key in clear: the program keeps it in a Secret"],
    ["core.tokenCert", "the program's own token key is named here"],
    ["core.xsrfKey", "a key in clear: the program keeps it in a Secret"],
    ["core.existingXsrfSecret", "the program's own Secret is named here"],
    ["jobservice.secret", "a secret in clear: the program keeps it in a Secret"],
    ["jobservice.existingSecret", "the program's own Secret is named here"],
    ["registry.secret", "a secret in clear: the program keeps it in a Secret"],
    ["registry.existingSecret", "the program's own Secret is named here"],
    ["registry.credentials", "the program's own Secret is named here"],
    ["database.internal.password", "a password in clear: the program makes it"],
    ["externalURL", "set harbor.externalUrl"],
    ["expose", "set exposure"],
    ["persistence.imageChartStorage", "set storage"],
];

export function checkRawValues({ harbor }: Settings): string[] {
    return forbiddenValues.flatMap(([path, why]) =>
        has(harbor.values, path.split(".")) ? [`harbor.values.${path} is not for raw values: ${why}`] : [],
    );
}

function has(value: unknown, [head, ...rest]: readonly string[]): boolean {
    if (head === undefined) return true;
    return (
        typeof value === "object" &&
        value !== null &&
        head in value &&
        has((value as Record<string, unknown>)[head], rest)
    );
}
