import type { PropertyChange, ResourceChange } from "../engine";
import { kindOf } from "./effects";

export const hidden = "[secret]";

/** Keys whose value is a secret; the names of Secrets and of keys in them are none. */
const secretKey =
    /(password|passwd|secret|token|credential|privatekey|accesskey|secretkey|htpasswd|\.?dockerconfigjson)$/i;
const nameKey = /^existing|(name|ref|keyref|secretname)$/i;
const secretText = /-----BEGIN [A-Z ]*PRIVATE KEY-----|^(?:AKIA|ghp_|glpat-|xox[bap]-)\w+/;

/** A change of which no value is a secret. The engines mark what they know; what only looks like one is hidden, too. */
export function redacted(change: ResourceChange): readonly PropertyChange[] {
    const isSecret = kindOf(change) === "Secret";
    return change.diff.map((property) => {
        const isHidden = isSecret && /^(data|stringData)\b/.test(property.path);
        const clean = (value: unknown): unknown => (isHidden ? hidden : hide(value, lastKey(property.path)));
        return {
            ...property,
            ...("before" in property ? { before: clean(property.before) } : {}),
            ...("after" in property ? { after: clean(property.after) } : {}),
        };
    });
}

/** A text of somebody else, an error or a warning, without keys, and without passwords in addresses. */
export function redactedText(text: string): string {
    return text
        .replace(/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, hidden)
        .replace(/(\w+:\/\/[^\s/:@]+):[^\s/@]+@/g, `$1:${hidden}@`);
}

function lastKey(path: string): string {
    return (
        path
            .replace(/\[\d+\]/g, "")
            .split(".")
            .at(-1) ?? ""
    );
}

function hide(value: unknown, key: string): unknown {
    if (Array.isArray(value)) return value.map((one) => hide(one, key));
    if (typeof value === "object" && value !== null)
        return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, hide(one, name)]));
    if (typeof value !== "string") return value;
    if (secretText.test(value) || (secretKey.test(key) && !nameKey.test(key))) return hidden;
    return redactedText(value);
}
