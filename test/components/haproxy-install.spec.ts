import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    statSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
    configurationFile,
    installCertificate,
    installConfiguration,
    removeCertificate,
    removeConfiguration,
} from "../../components/exposure/haproxy-install";

const bin = "#!/bin/sh\n";

/** The scripts that run on HAProxy's host, in a folder of the test's, with an haproxy that refuses what has "broken" in it. */
describe("scripts on HAProxy's host", () => {
    let folder: string;
    let file: string;
    let certificate: string;
    let reloads: string;

    beforeEach(() => {
        folder = mkdtempSync(path.join(tmpdir(), "anchorage-host-"));
        file = path.join(folder, "haproxy", "haproxy.cfg");
        certificate = path.join(folder, "ssl", "registry.pem");
        reloads = path.join(folder, "reloads");
        mkdirSync(path.join(folder, "bin"));
        command("haproxy", `for last; do :; done\n! grep -q broken "$last" '${certificate}' 2> /dev/null\n`);
        command("systemctl", `echo "$@" >> '${reloads}'\n`);
    });
    afterEach(() => {
        rmSync(folder, { recursive: true });
    });

    function command(name: string, script: string): void {
        writeFileSync(path.join(folder, "bin", name), bin + script, { mode: 0o755 });
    }

    function run(script: string, input = ""): { status: number | null; stderr: string; stdout: string } {
        return spawnSync("/bin/sh", ["-c", script.replaceAll(path.dirname(configurationFile), path.dirname(file))], {
            input,
            encoding: "utf8",
            env: { PATH: `${path.join(folder, "bin")}:/usr/bin:/bin` },
        });
    }

    const read = (name: string): string => readFileSync(name, "utf8");
    const mode = (name: string): string => (statSync(name).mode & 0o777).toString(8);
    const reloaded = (): string[] => (existsSync(reloads) ? read(reloads).trim().split("\n") : []);
    const write = (name: string, text: string): void => {
        mkdirSync(path.dirname(name), { recursive: true });
        writeFileSync(name, text);
    };

    it("put the file there, and reload HAProxy, without a word", () => {
        const { status, stderr, stdout } = run(installConfiguration, "frontend new\n");
        assert.equal(status, 0, stderr);
        // What a command says would be kept in the stack's state and sent back with the next one.
        assert.equal(stdout + stderr, "");
        assert.equal(read(file), "frontend new\n");
        assert.equal(mode(file), "644");
        assert.deepEqual(reloaded(), ["reload-or-restart haproxy"]);
        assert.deepEqual(readdirSync(path.dirname(file)), ["haproxy.cfg"]);
    });

    it("keep the old file when HAProxy refuses the new one, and reload nothing", () => {
        write(file, "frontend old\n");
        const { status, stderr } = run(installConfiguration, "frontend broken\n");
        assert.equal(status, 1);
        assert.match(stderr, /haproxy refuses the new file; .*haproxy\.cfg is as it was/);
        assert.equal(read(file), "frontend old\n");
        assert.deepEqual(reloaded(), []);
        assert.deepEqual(readdirSync(path.dirname(file)), ["haproxy.cfg"]);
    });

    it("put the file back that was there before the first of ours", () => {
        write(file, "frontend theirs\n");
        for (const text of ["frontend one\n", "frontend two\n"])
            assert.equal(run(installConfiguration, text).status, 0);
        assert.equal(read(file), "frontend two\n");
        assert.equal(run(removeConfiguration).status, 0);
        assert.equal(read(file), "frontend theirs\n");
        assert.equal(reloaded().length, 3);
    });

    it("leave nothing, and HAProxy stopped, where there was none before", () => {
        assert.equal(run(installConfiguration, "frontend one\n").status, 0);
        assert.equal(run(removeConfiguration).status, 0);
        assert.ok(!existsSync(file));
        assert.equal(reloaded().at(-1), "stop haproxy");
    });

    it("say that HAProxy is missing", () => {
        rmSync(path.join(folder, "bin", "haproxy"));
        const { status, stderr } = run(
            installConfiguration.replace("command -v haproxy", "command -v no-haproxy-here"),
        );
        assert.equal(status, 1);
        assert.match(stderr, /haproxy is not installed on this host/);
    });

    it("put the certificate where only its owner reads it, before there is a configuration", () => {
        assert.equal(run(installCertificate(certificate), "certificate and key\n").status, 0);
        assert.equal(read(certificate), "certificate and key\n");
        assert.equal(mode(certificate), "600");
        assert.deepEqual(reloaded(), []);
        assert.deepEqual(readdirSync(path.dirname(certificate)), ["registry.pem"]);
    });

    it("reload HAProxy with a new certificate that its configuration names", () => {
        write(file, `bind *:443 ssl crt ${certificate}\n`);
        write(certificate, "old\n");
        assert.equal(run(installCertificate(certificate), "new\n").status, 0);
        assert.equal(read(certificate), "new\n");
        assert.deepEqual(reloaded(), ["reload-or-restart haproxy"]);
    });

    it("keep the old certificate when HAProxy refuses the new one", () => {
        write(file, `bind *:443 ssl crt ${certificate}\n`);
        write(certificate, "old\n");
        const { status, stderr } = run(installCertificate(certificate), "broken\n");
        assert.equal(status, 1);
        assert.match(stderr, /haproxy refuses the new certificate; .*registry\.pem is as it was/);
        assert.equal(read(certificate), "old\n");
        assert.deepEqual(reloaded(), []);
        assert.deepEqual(readdirSync(path.dirname(certificate)), ["registry.pem"]);
    });

    it("take the certificate away", () => {
        write(certificate, "old\n");
        assert.equal(run(removeCertificate(certificate)).status, 0);
        assert.ok(!existsSync(certificate));
    });
});
