import assert from "node:assert/strict";
import { installDefinitions } from "../../../lab/operators/definitions";
import { exec, ExecFailure } from "../../../lib/exec";
import { UserError } from "../../../lib/errors";
import type { LabEndpoints } from "../../../lib/home";
import { kubectl } from "../../support/engine-lab";
import { labTimeout, sharedLab } from "../../support/lab";

describe("kinds of operators that a lab has without a release", function () {
    this.timeout(120_000);

    let lab: LabEndpoints;
    let names: readonly string[];

    before(async function () {
        this.timeout(labTimeout);
        lab = await sharedLab();
        names = await installDefinitions({ name: lab.name, owners: ["prometheus-operator", "ingress-nginx"], exec });
    });

    after(() => kubectl(lab, "delete", "customresourcedefinitions", ...names));

    const apply = (spec: object): Promise<unknown> => {
        const object = {
            apiVersion: "monitoring.coreos.com/v1",
            kind: "ServiceMonitor",
            metadata: { name: "sample" },
            spec,
        };
        return exec(
            lab.tools.kubectl,
            ["--kubeconfig", lab.kubeconfig, "apply", "--server-side", "--validate=strict", "-f", "-"],
            { input: JSON.stringify(object) },
        );
    };

    it("takes objects of them", async () => {
        assert.ok(names.includes("servicemonitors.monitoring.coreos.com"), names.join(", "));
        await apply({ selector: { matchLabels: { app: "harbor" } }, endpoints: [{ port: "metrics" }] });
    });

    it("refuses fields that they do not have", async () => {
        await assert.rejects(
            apply({ selector: {}, endpoints: [{ prot: "metrics" }] }),
            (error) => error instanceof ExecFailure && error.stderr.includes("field not declared in schema"),
        );
    });

    it("leaves those that are there as they are", async () => {
        assert.deepEqual(await installDefinitions({ name: lab.name, owners: ["prometheus-operator"], exec }), names);
    });

    it("names the lab that there is not", async () => {
        await assert.rejects(
            installDefinitions({ name: "nowhere", owners: ["zalando"], exec }),
            (error: unknown) => error instanceof UserError && error.message.includes('"nowhere"'),
        );
    });
});
