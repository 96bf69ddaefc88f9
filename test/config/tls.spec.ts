import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseCertificates, readPem } from "../../config/certificate-files";
import { checkTls } from "../../config/checks/tls";
import { parseSettings } from "../../config/settings";
import { makeAuthority, makeServer, type Pair } from "../support/certificates";
import { mistakesOf } from "../support/settings";

type Raw = Readonly<Record<string, unknown>>;

const cluster = { kind: "kubeconfig" };
const host = "registry.example.com";
const route = { kind: "route", host };
const ingress = { kind: "ingress", host, controller: "traefik" };
const nodePort = { kind: "nodePort", host, nodes: ["10.0.0.1"] };
const install = { haproxy: { install: { host: "lb.example.com" } } };
const vault = { kind: "vault", server: "https://vault.example.com:8200", existingSecret: "vault-token" };
const letsEncrypt = { kind: "lets-encrypt", email: "ops@example.com" };
const inSecret = { kind: "certificate", existingSecret: "registry-tls" };
const rateLimit = { requestsPerSecond: 25 };

const pem = (tls: Raw): Raw => ({ kind: "certificate", certificate: "c", key: "k", ...tls });

/** The title, what is refused and why, and what is allowed in its place. */
const cases: readonly (readonly [title: string, refused: Raw, because: RegExp, allowed: Raw])[] = [
    [
        "a certificate that nobody would see",
        { tls: { kind: "self-signed" } },
        /^tls\.kind is "self-signed", but exposure\.kind is "clusterIP"/,
        { exposure: route, tls: { kind: "self-signed" } },
    ],
    [
        "no certificate",
        { exposure: route, tls: { kind: "certificate" } },
        /^tls\.kind is "certificate", and there is none: set tls\.certificate and tls\.key/,
        { exposure: route, tls: inSecret },
    ],
    [
        "two certificates",
        { exposure: route, tls: pem(inSecret) },
        /^tls\.existingSecret is "registry-tls", and tls\.certificate or tls\.key is set as well/,
        { exposure: route, tls: inSecret },
    ],
    [
        "a certificate without its key",
        { exposure: route, tls: { kind: "certificate", certificate: "c" } },
        /^tls\.key is missing/,
        { exposure: route, tls: inSecret },
    ],
    [
        "a key without its certificate",
        { exposure: route, tls: { kind: "certificate", key: "k" } },
        /^tls\.certificate is missing/,
        { exposure: route, tls: inSecret },
    ],
    [
        "Let's Encrypt behind HAProxy",
        { exposure: nodePort, tls: letsEncrypt },
        /^tls\.kind is "lets-encrypt", but exposure\.kind is "nodePort", where nothing answers the challenge/,
        { exposure: ingress, tls: letsEncrypt },
    ],
    [
        "Let's Encrypt for a load balancer",
        { exposure: { kind: "loadBalancer", host }, tls: letsEncrypt },
        /^tls\.kind is "lets-encrypt", but exposure\.kind is "loadBalancer"/,
        { exposure: route, tls: { ...letsEncrypt, environment: "staging" } },
    ],
    [
        "Let's Encrypt for a name of the house",
        { exposure: { ...route, host: "registry.corp" }, tls: letsEncrypt },
        /^tls\.kind is "lets-encrypt", but exposure\.host is "registry\.corp", which the internet does not know/,
        { exposure: { ...route, host: "registry.corp.com" }, tls: letsEncrypt },
    ],
    [
        "a certificate that would never come to HAProxy",
        { exposure: nodePort, tls: { kind: "self-signed" } },
        /^tls\.kind is "self-signed", but exposure\.haproxy\.install is missing.*\/etc\/ssl\/haproxy\/registry\.pem/,
        { exposure: { ...nodePort, ...install }, tls: { kind: "self-signed" } },
    ],
    [
        "a limit where HAProxy sees no requests",
        { exposure: { ...nodePort, rateLimit }, tls: vault },
        /^exposure\.rateLimit is set, but with tls\.kind "vault" TLS goes through HAProxy/,
        { exposure: nodePort, tls: vault },
    ],
    [
        "a limit on a certificate in a Secret behind HAProxy",
        { exposure: { ...nodePort, rateLimit }, tls: inSecret },
        /^exposure\.rateLimit is set, but with tls\.kind "certificate"/,
        { exposure: { ...nodePort, rateLimit }, tls: { kind: "none" } },
    ],
    [
        "a CA of Vault that is none",
        { exposure: route, tls: { ...vault, caBundle: "no-such-file.pem" } },
        /^tls\.caBundle is neither PEM nor a file that can be read \(ENOENT\)/,
        { exposure: route, tls: vault },
    ],
    [
        "a path of Vault that signs nothing",
        { exposure: route, tls: { ...vault, path: "pki/issue/harbor" } },
        /^tls\.path is "pki\/issue\/harbor"; it must be <mount>\/sign\/<role>/,
        { exposure: route, tls: { ...vault, path: "pki_int/sign/harbor" } },
    ],
];

describe("settings of TLS", () => {
    for (const [title, refused, because, allowed] of cases) {
        it(`refuse ${title}, and allow its neighbour`, () => {
            const [first, ...rest] = mistakesOf({ cluster, ...refused });
            assert.match(first ?? "nothing was refused", because);
            assert.deepEqual(rest, []);
            assert.deepEqual(mistakesOf({ cluster, ...allowed }), []);
        });
    }
});

describe("a given certificate", () => {
    const hour = 3_600_000;
    const now = new Date();
    const at = (hours: number): Date => new Date(now.getTime() + hours * hour);
    let authority: Pair;
    let other: Pair;
    let server: Pair;
    before(async () => {
        [authority, other] = await Promise.all([makeAuthority("test CA"), makeAuthority("another CA")]);
        server = await makeServer(authority, { dnsNames: [host] });
    });

    const mistakes = ({ certificate, key }: Pair, name = host, date = at(1)): readonly string[] => {
        const settings = parseSettings({ cluster, exposure: { kind: "loadBalancer", host: name } });
        return checkTls({ ...settings, tls: { kind: "certificate", certificate, key } }, date);
    };

    it("is taken: alone, and with its chain", () => {
        assert.deepEqual(mistakes(server), []);
        assert.deepEqual(mistakes({ ...server, certificate: server.certificate + authority.certificate }), []);
    });

    it("is refused when it has run out, and taken until then", () => {
        assert.match(
            mistakes(server, host, at(25)).join("\n"),
            /^tls\.certificate has a certificate \(CN=registry\) that ran out on \d{4}-/,
        );
        assert.deepEqual(mistakes(server, host, at(23)), []);
    });

    it("is refused before it holds", () => {
        assert.match(mistakes(server, host, at(-1)).join("\n"), /^tls\.certificate .* holds from \d{4}-.* on only/);
    });

    it("is refused for another name, with those that it is for", async () => {
        assert.match(
            mistakes(server, "harbor.example.com").join("\n"),
            /^tls\.certificate is for DNS:registry\.example\.com, but exposure\.host is "harbor\.example\.com"/,
        );
        const wildcard = await makeServer(authority, { dnsNames: ["*.example.com"] });
        assert.deepEqual(mistakes(wildcard, "harbor.example.com"), []);
        assert.equal(mistakes(wildcard, "a.b.example.com").length, 1);
    });

    it("is refused with a common name alone, which clients do not look at", async () => {
        const nameless = await makeServer(authority, {});
        assert.match(
            mistakes(nameless, "registry").join("\n"),
            /^tls\.certificate is for no name \(clients do not look/,
        );
    });

    it("is taken for an address only if it names the address", async () => {
        const address = await makeServer(authority, { ipAddresses: ["203.0.113.7"] });
        assert.deepEqual(mistakes(address, "203.0.113.7"), []);
        assert.equal(mistakes(address, "203.0.113.8").length, 1);
    });

    it("is refused with another key, which is not shown", () => {
        const wrong = mistakes({ ...server, key: other.key }).join("\n");
        assert.match(wrong, /^tls\.key is not the key of the first certificate in tls\.certificate \(CN=registry\)/);
        assert.ok(!wrong.includes(other.key.split("\n")[1] ?? ""));
        assert.match(
            mistakes({ ...server, key: "-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----" }).join("\n"),
            /^tls\.key holds no private key that can be read: PEM without a passphrase is needed$/,
        );
    });

    it("is refused with a chain in the wrong order, or of another CA", () => {
        const swapped = mistakes({ ...server, certificate: authority.certificate + server.certificate });
        assert.match(
            swapped.join("\n"),
            /tls\.certificate has a certificate \(CN=test CA\) that the next one \(CN=registry\) did not issue/,
        );
        assert.match(swapped.join("\n"), /tls\.key is not the key of the first certificate/);
        const foreign = mistakes({ ...server, certificate: server.certificate + other.certificate });
        assert.match(foreign.join("\n"), /\(CN=registry\) that the next one \(CN=another CA\) did not issue/);
    });

    it("may be a file, from the project's folder on; a file without PEM is refused, and its text not shown", () => {
        const folder = mkdtempSync(path.join(tmpdir(), "anchorage-tls-"));
        const write = (name: string, text: string): string => {
            const file = path.join(folder, name);
            writeFileSync(file, text);
            return file;
        };
        const files = {
            certificate: write("registry.pem", server.certificate),
            key: write("registry.key", server.key),
        };
        assert.deepEqual(mistakes(files), []);
        assert.deepEqual(readPem("registry.pem", folder), { value: server.certificate });
        const text = mistakes({ ...files, key: write("text.key", "hush-hush") }).join("\n");
        assert.equal(text, "tls.key names a file without PEM in it (-----BEGIN ...)");
        assert.match(
            mistakes({ ...files, key: folder }).join("\n"),
            /^tls\.key is neither PEM nor a file that can be read \(EISDIR\)/,
        );
        assert.match(
            mistakes({ ...files, certificate: files.key }).join("\n"),
            /^tls\.certificate has no certificate in it/,
        );
    });

    it("is read as it stands in a text with other things", () => {
        const outcome = parseCertificates(`Bag Attributes\n${server.certificate}\nissuer=x\n${authority.certificate}`);
        assert.ok("value" in outcome);
        assert.deepEqual(
            outcome.value.map(({ subject }) => subject),
            ["CN=registry", "CN=test CA"],
        );
    });
});
