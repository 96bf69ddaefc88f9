import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { authorityCommand, dnsAdvice, labRegistry, portForwardArguments } from "../../automation/cluster-access";
import { open } from "../../automation/open";
import { renderAddresses } from "../../automation/stack-summary";
import { plain } from "../../automation/render/style";
import type { ExposureOutput, StackOutputs } from "../../config/contract";
import { ExitCode, UserError } from "../../lib/errors";
import { labEndpointsFile } from "../../lib/home";
import { asOutputs, collectingReporter, fakeContext, fakeEngine, sampleOutputs } from "../support/fakes";

const host = "registry.example.com";
const options = { stack: "lab", engine: "auto" } as const;
const flags = "--context kind-anchorage -n harbor";

function outputs(exposure: ExposureOutput): StackOutputs {
    const cluster = { kind: "kind", name: "anchorage", context: "kind-anchorage" } as const;
    const registryUrl = exposure.kind === "clusterIP" ? "http://localhost:8080" : `https://${exposure.host}`;
    return { ...sampleOutputs, registryUrl, exposure, cluster };
}

const route = outputs({
    kind: "route",
    host,
    address: { resource: "gateways.gateway.networking.k8s.io/harbor", jsonPath: "{.status.addresses[0].value}" },
    caSecret: "harbor-ca",
});
const nodePort = outputs({ kind: "nodePort", host, port: 30_002, configuration: "frontend x" });

describe("the way to the registry", () => {
    it("is a port-forward for clusterIP alone", () => {
        assert.deepEqual(portForwardArguments(outputs(sampleOutputs.exposure)), [
            ...flags.split(" "),
            "port-forward",
            "service/harbor",
            "8080:80",
        ]);
        for (const other of [route, nodePort]) assert.equal(portForwardArguments(other), undefined);
    });

    it("is a DNS record that leads to the cluster's address, or to HAProxy", () => {
        assert.equal(dnsAdvice(outputs(sampleOutputs.exposure)), undefined);
        assert.equal(
            dnsAdvice(route),
            `${host} leads to: kubectl ${flags} get gateways.gateway.networking.k8s.io/harbor ` +
                "-o jsonpath='{.status.addresses[0].value}'",
        );
        assert.match(dnsAdvice(nodePort) ?? "", /^registry\.example\.com leads to HAProxy, .*exposure\.configuration$/);
        const installed = outputs({ ...nodePort.exposure, installedOn: "lb.example.com" } as ExposureOutput);
        assert.equal(dnsAdvice(installed), `${host} leads to lb.example.com`);
    });

    it("has a CA to trust where it is the stack's own", () => {
        assert.equal(
            authorityCommand(route),
            `kubectl ${flags} get secret harbor-ca -o go-template='{{index .data "ca.crt" | base64decode}}'`,
        );
        for (const other of [nodePort, outputs(sampleOutputs.exposure)]) {
            assert.equal(authorityCommand(other), undefined);
        }
    });

    it("stands under the tree after an update", () => {
        const rows = renderAddresses(route, { stack: "public" }, plain);
        assert.ok(
            rows.some((row) => row.startsWith(`dns       ${host} leads to: kubectl`)),
            rows.join("\n"),
        );
    });

    it("is printed by open, which forwards nothing where clients need no forward", async () => {
        const { reporter, text } = collectingReporter();
        const { engine } = fakeEngine({ outputs: () => Promise.resolve(asOutputs(route)) });
        const context = fakeContext({ reporter, selectEngine: () => Promise.resolve({ engine, why: "test" }) });
        await open({ ...options, forward: false }, context);
        assert.match(text(), /^registry {2}https:\/\/registry\.example\.com$/m);
        assert.match(text(), /^dns {7}registry\.example\.com leads to: kubectl/m);
        assert.match(text(), /^trust {5}kubectl .*harbor-ca/m);
        assert.doesNotMatch(text(), /forward/);
        await assert.rejects(open({ ...options, forward: true }, context), (error: unknown) => {
            assert.ok(error instanceof UserError);
            assert.equal(error.exitCode, ExitCode.refused);
            assert.match(error.render(), /exposure\.kind is "route": clients reach the registry on https:/);
            return true;
        });
    });

    it("is the stand-in's address where a lab serves the registry, and says what does not answer", async () => {
        const cluster = { kind: "lab", name: "open-spec", context: "kwok-open-spec" } as const;
        const inLab = { ...sampleOutputs, cluster };
        assert.equal(await labRegistry(inLab), undefined);
        const file = labEndpointsFile("open-spec");
        mkdirSync(path.dirname(file), { recursive: true });
        writeFileSync(file, JSON.stringify({ harbor: { url: "http://127.0.0.1:4711" } }));
        try {
            const { reporter, text } = collectingReporter();
            const { engine } = fakeEngine({ outputs: () => Promise.resolve(asOutputs(inLab)) });
            const context = fakeContext({ reporter, selectEngine: () => Promise.resolve({ engine, why: "test" }) });
            await open({ ...options, forward: false }, context);
            assert.match(text(), /^registry {2}http:\/\/127\.0\.0\.1:4711$/m);
            assert.match(text(), /nothing answers on http:\/\/localhost:8080/);
            assert.doesNotMatch(text(), /port-forward/);
            const served = await labRegistry(inLab);
            const rows = renderAddresses(inLab, { stack: "lab" }, plain, served).join("\n");
            assert.match(rows, /^registry {2}http:\/\/127\.0\.0\.1:4711$/m);
            assert.match(rows, /docker login 127\.0\.0\.1:4711 --username admin/);
            assert.match(rows, new RegExp(`npx anchorage lab stop --name ${inLab.cluster.name} +end the lab`));
        } finally {
            rmSync(path.dirname(file), { recursive: true });
        }
    });
});
