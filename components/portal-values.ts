import { createHash } from "node:crypto";
import type { PortalFiles } from "../config/portal-files";
import type { Settings } from "../config/schema";
import { names } from "./names";

/** What makes the portal's look: a ConfigMap, and where its files are mounted in the portal's pods. Plain. */
export interface PortalLook {
    /** Named after its content, so that a new look is a new ConfigMap and a rollout, and an old one never half there. */
    readonly configMap: string;
    /** Text by its key. */
    readonly data: Readonly<Record<string, string>>;
    /** Base64 by its key. */
    readonly binaryData: Readonly<Record<string, string>>;
    /** Absolute path in the container, by its key. */
    readonly mounts: Readonly<Record<string, string>>;
}

/** Where the image's nginx serves from (goharbor/harbor-helm, templates/portal/configmap.yaml). */
const served = "/usr/share/nginx/html";

/** Whether the settings want another look than Harbor's own. */
export function hasLook({ name, logo, favicon }: Settings["portal"]): boolean {
    return [name, logo, favicon].some((setting) => setting !== undefined);
}

/** The look of these settings. */
export function portalLook({ name }: Settings["portal"], { logo, favicon }: PortalFiles): PortalLook {
    const logoKey = logo && `logo.${logo.type}`;
    const data = {
        "setting.json": `${JSON.stringify(settingJson(name ?? "", logoKey ?? ""), undefined, 2)}\n`,
    };
    const binaryData = {
        ...(logo && logoKey ? { [logoKey]: logo.content.toString("base64") } : {}),
        ...(favicon ? { "favicon.ico": favicon.content.toString("base64") } : {}),
    };
    const digest = createHash("sha256")
        .update(JSON.stringify([data, binaryData]))
        .digest("hex");
    return {
        configMap: `${names.release}-portal-look-${digest.slice(0, 8)}`,
        data,
        binaryData,
        mounts: {
            "setting.json": `${served}/setting.json`,
            ...(logoKey ? { [logoKey]: `${served}/images/${logoKey}` } : {}),
            // Browsers go by what the file holds, so a PNG may have this name.
            ...(favicon ? { "favicon.ico": `${served}/favicon.ico` } : {}),
        },
    };
}

/** What the portal asks for at /setting.json when it starts (goharbor/harbor, src/portal/src/setting.json); "" is its own. */
function settingJson(name: string, logo: string): object {
    return {
        headerBgColor: { darkMode: "", lightMode: "" },
        loginBgImg: "",
        loginTitle: name,
        product: { name, logo, introduction: "" },
    };
}

/**
 * The fields that the portal's Deployment gets: the chart's own volumes and mounts as they are, then one volume more, and a
 * mount for each file. Pulumi's provider compares a patch's lists with the live ones by their index: without the chart's
 * entries before ours it would see a change each time (pulumi-kubernetes 4.34, seen).
 *
 * @param certificate Secret with the certificate of the portal's own server, where Harbor's components talk over TLS
 */
export function lookPatch({ configMap, mounts }: PortalLook, certificate?: string): object {
    const volume = "portal-look";
    const certificates = "portal-internal-certs";
    return {
        template: {
            spec: {
                containers: [
                    {
                        name: "portal",
                        volumeMounts: [
                            { name: "portal-config", mountPath: "/etc/nginx/nginx.conf", subPath: "nginx.conf" },
                            ...(certificate ? [{ name: certificates, mountPath: "/etc/harbor/ssl/portal" }] : []),
                            ...Object.entries(mounts).map(([subPath, mountPath]) => ({
                                name: volume,
                                mountPath,
                                subPath,
                                readOnly: true,
                            })),
                        ],
                    },
                ],
                volumes: [
                    { name: "portal-config", configMap: { name: `${names.release}-portal` } },
                    ...(certificate ? [{ name: certificates, secret: { secretName: certificate } }] : []),
                    { name: volume, configMap: { name: configMap } },
                ],
            },
        },
    };
}
