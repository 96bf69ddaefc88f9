import { isHarborError, type HarborError } from "../../harbor/client/errors";
import { digestOf } from "../../harbor/registry/image";
import { waitFor } from "../../lib/wait";
import type { Step } from "../steps";
import { findCosign, signWithCosign, type Cosign } from "./cosign";
import { imageName, wrong, type Verification } from "./verification";

/** Content trust: what is unsigned is not given out, and what Cosign signed is. */
export function trustSteps(verification: Verification): Step[] {
    const { harbor, registry, project, repository, image, trustTimeoutMs } = verification;
    const digest = digestOf(image.manifest);
    const name = imageName(verification);
    const trust = (wanted: boolean, signal: AbortSignal): Promise<void> =>
        harbor.projects.update(
            project,
            { metadata: { enable_content_trust_cosign: wanted ? "true" : "false" } },
            { signal },
        );
    const refusedPull = async (): Promise<HarborError | undefined> => {
        try {
            await registry.pullManifest(name, digest);
            return undefined;
        } catch (error) {
            if (isHarborError(error, "precondition")) return error; // 412 PROJECTPOLICYVIOLATION
            throw error;
        }
    };
    let cosign: Cosign | undefined;
    return [
        {
            id: "trust",
            title: "refuse an image without a signature",
            plan: "content trust of the project on: the pull has to be refused; off again",
            goOn: true,
            needs: ["push"],
            run: async ({ signal, undo }) => {
                await trust(true, signal);
                // Until every core knows of the setting.
                const refusal = await waitFor(refusedPull, {
                    what: "the unsigned image to be refused",
                    timeoutMs: trustTimeoutMs,
                    intervalMs: 500,
                    signal,
                });
                await undo("trust");
                return `${String(refusal.status)} ${refusal.code ?? ""}`.trim();
            },
            undo: {
                title: "switch content trust off",
                when: "always",
                run: ({ signal }) => trust(false, signal),
            },
        },
        {
            id: "sign",
            title: "sign it with Cosign",
            plan: "with a key made for it; Harbor has to show the signature",
            goOn: true,
            needs: ["push"],
            skip: async () => {
                cosign = await findCosign(verification.door);
                return cosign === undefined
                    ? "there is no cosign on this machine (PATH, or ANCHORAGE_COSIGN)"
                    : undefined;
            },
            run: async ({ signal }) => {
                if (cosign === undefined) throw new Error("skip was not asked");
                await signWithCosign(cosign, verification, digest);
                const artifact = { project, repository, reference: digest };
                const signature = await waitFor(
                    async () => {
                        const { accessories } = await harbor.artifacts.get(artifact, { accessories: true }, { signal });
                        return accessories.find(({ type }) => type === "signature.cosign");
                    },
                    { what: "Harbor to recognise the signature", timeoutMs: trustTimeoutMs, intervalMs: 500, signal },
                );
                return `cosign ${cosign.version}, ${signature.digest}`;
            },
        },
        {
            id: "signed",
            title: "give a signed image out",
            plan: "content trust on again: the pull has to succeed",
            goOn: true,
            needs: ["sign", "trust"],
            run: async ({ signal }) => {
                await trust(true, signal);
                const pulled = await registry.pullManifest(name, digest);
                if (!pulled.equals(image.manifest)) throw wrong("another image came back");
                return undefined;
            },
            undo: {
                title: "switch content trust off once more",
                when: "always",
                run: ({ signal }) => trust(false, signal),
            },
        },
    ];
}
