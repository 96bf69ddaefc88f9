import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { names } from "../../components/names";
import { projectRoot } from "../../lib/home";
import { makeAuthority, makeServer } from "../support/certificates";
import { mistakesOf } from "../support/settings";

const page = readFileSync(path.join(projectRoot, "docs", "exposure.md"), "utf8");

type Settings = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Each block of settings, with the secrets that the command right after it sets. */
function examples(): { yaml: string; settings: Settings; secrets: string[] }[] {
    const blocks = [...page.matchAll(/```(\w+)\n(.*?)```/gs)].map(([, language = "", text = ""]) => ({
        language,
        text,
    }));
    return blocks.flatMap(({ language, text }, index) => {
        if (language !== "yaml") return [];
        const given = parse(text) as Settings;
        const settings = Object.fromEntries(
            Object.entries(given).map(([key, value]) => [key.replace("anchorage:", ""), value]),
        );
        const next = blocks[index + 1];
        const commands = next?.language === "sh" ? next.text.matchAll(/config set --secret --path ([\w.]+)/g) : [];
        return [{ yaml: text.trim(), settings, secrets: [...commands].map(([, key = ""]) => key) }];
    });
}

describe("docs/exposure.md", () => {
    const all = examples();

    it("has an example of every kind of exposure and of certificate", () => {
        const kinds = (part: string): unknown[] =>
            [
                ...new Set(all.map(({ settings }) => settings[part]?.["kind"]).filter((kind) => kind !== undefined)),
            ].sort();
        assert.deepEqual(kinds("exposure"), ["clusterIP", "ingress", "loadBalancer", "nodePort", "route"]);
        assert.deepEqual(kinds("tls"), ["certificate", "lets-encrypt", "self-signed", "vault"]);
    });

    for (const { yaml, settings, secrets } of all) {
        it(`is right about ${yaml.replaceAll(/\s+/g, " ")}`, async () => {
            // The files are the reader's own: here they are made.
            const server = await makeServer(await makeAuthority("test CA"), {
                dnsNames: [String(settings["exposure"]?.["host"])],
            });
            const own = settings["tls"]?.["certificate"] === undefined ? {} : { certificate: server.certificate };
            const key = secrets.includes("tls.key") ? { key: server.key } : {};
            const tls = settings["tls"] === undefined ? {} : { tls: { ...settings["tls"], ...own, ...key } };
            assert.deepEqual(mistakesOf({ cluster: { kind: "kubeconfig" }, ...settings, ...tls }), []);
        });
    }

    it("sets only secrets that there are", () => {
        assert.deepEqual(
            all.flatMap(({ secrets }) => secrets),
            ["exposure.haproxy.install.privateKey", "tls.key"],
        );
    });

    it("names objects as they are named", () => {
        for (const name of [names.certificateRestarts, names.rateLimit, names.tls])
            assert.ok(page.includes(name), name);
    });
});
