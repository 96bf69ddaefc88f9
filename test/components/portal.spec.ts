import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Portal } from "../../components/portal";
import { hasLook, lookPatch, portalLook } from "../../components/portal-values";
import { readPortalFiles } from "../../config/portal-files";
import { mistakesOf } from "../support/settings";

const png = Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.alloc(40, 1)]);
const ico = Buffer.concat([Buffer.from("000001000100", "hex"), Buffer.alloc(40, 1)]);
const svg = '<?xml version="1.0"?>\n<!-- a logo -->\n<svg xmlns="http://www.w3.org/2000/svg"/>\n';

describe("portal", () => {
    let folder: string;

    before(() => {
        folder = mkdtempSync(path.join(tmpdir(), "anchorage-portal-"));
        mkdirSync(path.join(folder, "folder.svg"));
        const files: Record<string, string | Buffer> = {
            "logo.svg": svg,
            "bare.svg": "\uFEFF<svg>",
            "doctype.svg": '<!DOCTYPE svg PUBLIC "x" "y" [<!ENTITY a "b">]><!-- 1 --><!-- 2 --><svg/>',
            "logo.png": png,
            "favicon.ico": ico,
            "page.svg": "<!doctype html><html><svg/></html>",
            "photo.png": Buffer.from("ffd8ffe000104a464946", "hex"),
            "cursor.ico": Buffer.from("00000200010020200000", "hex"),
            "none.ico": Buffer.from("00000100000000000000", "hex"),
            "empty.svg": "",
            "large.png": Buffer.concat([png, Buffer.alloc(1024 * 1024)]),
            "half.png": Buffer.concat([png, Buffer.alloc(600 * 1024)]),
        };
        for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content);
    });

    after(() => {
        rmSync(folder, { recursive: true, force: true });
    });

    describe("files", () => {
        const taken: readonly (readonly [portal: object, logo: string | undefined, favicon: string | undefined])[] = [
            [{}, undefined, undefined],
            [{ name: "Registry" }, undefined, undefined],
            [{ logo: "logo.svg" }, "svg", undefined],
            [{ logo: "bare.svg" }, "svg", undefined],
            [{ logo: "doctype.svg" }, "svg", undefined],
            [{ logo: "./logo.png", favicon: "favicon.ico" }, "png", "ico"],
            [{ favicon: "logo.png" }, undefined, "png"],
        ];
        for (const [portal, logo, favicon] of taken) {
            it(`takes ${JSON.stringify(portal)}`, () => {
                const { files, mistakes } = readPortalFiles(portal, folder);
                assert.deepEqual(mistakes, []);
                assert.equal(files.logo?.type, logo);
                assert.equal(files.favicon?.type, favicon);
            });
        }

        it("takes an absolute path", () => {
            const { files } = readPortalFiles({ logo: path.join(folder, "logo.svg") }, "/nowhere");
            assert.equal(files.logo?.content.toString(), svg);
        });

        const refused: readonly (readonly [portal: object, expected: RegExp])[] = [
            [
                { logo: "logo.jpg" },
                /^portal\.logo is "logo\.jpg", which does not exist: give a path from the project's/,
            ],
            [{ logo: "logo.svg/logo.svg" }, /^portal\.logo is "logo\.svg\/logo\.svg", which does not exist/],
            [
                { logo: "folder.svg" },
                /^portal\.logo is "folder\.svg", which is no file: give the path of an SVG or PNG$/,
            ],
            [{ logo: "page.svg" }, /^portal\.logo is "page\.svg", which holds something else: give an SVG or PNG/],
            [{ logo: "photo.png" }, /^portal\.logo is "photo\.png", which holds something else/],
            [{ logo: "empty.svg" }, /^portal\.logo is "empty\.svg", which holds something else/],
            [
                { logo: "favicon.ico" },
                /^portal\.logo is "favicon\.ico", which holds an image of type ico: give an SVG or/,
            ],
            [
                { favicon: "logo.svg" },
                /^portal\.favicon is "logo\.svg", which holds an image of type svg: give an ICO or/,
            ],
            [{ favicon: "cursor.ico" }, /^portal\.favicon is "cursor\.ico", which holds something else/],
            [{ favicon: "none.ico" }, /^portal\.favicon is "none\.ico", which holds something else/],
            [
                { logo: "large.png" },
                /^portal\.logo is "large\.png", which has 1025 KiB, and the portal's ConfigMap holds 1020 KiB/,
            ],
            [
                { logo: "half.png", favicon: "half.png" },
                /^portal\.logo and portal\.favicon have 1201 KiB together, and the portal's ConfigMap holds 1020 KiB/,
            ],
        ];
        for (const [portal, expected] of refused) {
            it(`refuses ${JSON.stringify(portal)}`, () => {
                const [first, ...rest] = readPortalFiles(portal, folder).mistakes;
                assert.match(first ?? "nothing was refused", expected);
                assert.deepEqual(rest, []);
            });
        }

        it("are looked at with the settings, each mistake beside the others", () => {
            const stack = (portal: object) => ({ cluster: { kind: "lab" }, portal });
            assert.deepEqual(mistakesOf(stack({ logo: path.join(folder, "logo.svg") })), []);
            const found = mistakesOf(stack({ logo: "no/such.svg", favicon: "no/such.ico" }));
            assert.deepEqual(
                found.map((mistake) => mistake.split(" ")[0]),
                ["portal.logo", "portal.favicon"],
            );
        });
    });

    describe("look", () => {
        const look = (portal: { name?: string; logo?: string; favicon?: string }) => {
            assert.ok(hasLook(portal));
            return portalLook(portal, readPortalFiles(portal, folder).files);
        };

        it("is none where the settings leave the portal as it is", () => {
            assert.ok(!hasLook({}));
            assert.ok(!hasLook({ name: undefined }));
        });

        it("has the name, and the images under the paths at which the portal asks for them", () => {
            const { data, binaryData, mounts } = look({ name: "SCS", logo: "logo.svg", favicon: "favicon.ico" });
            assert.deepEqual(JSON.parse(data["setting.json"] ?? ""), {
                headerBgColor: { darkMode: "", lightMode: "" },
                loginBgImg: "",
                loginTitle: "SCS",
                product: { name: "SCS", logo: "logo.svg", introduction: "" },
            });
            assert.deepEqual(binaryData, {
                "logo.svg": Buffer.from(svg).toString("base64"),
                "favicon.ico": ico.toString("base64"),
            });
            assert.deepEqual(mounts, {
                "setting.json": "/usr/share/nginx/html/setting.json",
                "logo.svg": "/usr/share/nginx/html/images/logo.svg",
                "favicon.ico": "/usr/share/nginx/html/favicon.ico",
            });
        });

        it("leaves Harbor's own name and logo where none is given", () => {
            const { data, mounts } = look({ favicon: "logo.png" });
            const setting = JSON.parse(data["setting.json"] ?? "") as { product: unknown; loginTitle: unknown };
            assert.deepEqual(setting.product, { name: "", logo: "", introduction: "" });
            assert.equal(setting.loginTitle, "");
            assert.deepEqual(Object.keys(mounts), ["setting.json", "favicon.ico"]);
        });

        it("writes a name with quotes as JSON", () => {
            const { data } = look({ name: 'the "best"\\registry' });
            const setting = JSON.parse(data["setting.json"] ?? "") as { loginTitle: unknown };
            assert.equal(setting.loginTitle, 'the "best"\\registry');
        });

        it("has a ConfigMap of another name for another content, of the same for the same", () => {
            const names = [{ name: "a" }, { name: "b" }, { name: "a", logo: "logo.svg" }].map((p) => look(p).configMap);
            assert.equal(new Set(names).size, 3);
            assert.equal(look({ name: "a" }).configMap, names[0]);
            for (const name of names) assert.match(name, /^harbor-portal-look-[0-9a-f]{8}$/);
        });

        it("patches the container and the volumes of the chart's Deployment, the chart's own first, and nothing else", () => {
            const made = look({ name: "a", logo: "logo.png" });
            assert.deepEqual(lookPatch(made), {
                template: {
                    spec: {
                        containers: [
                            {
                                name: "portal",
                                volumeMounts: [
                                    {
                                        name: "portal-config",
                                        mountPath: "/etc/nginx/nginx.conf",
                                        subPath: "nginx.conf",
                                    },
                                    {
                                        name: "portal-look",
                                        mountPath: "/usr/share/nginx/html/setting.json",
                                        subPath: "setting.json",
                                        readOnly: true,
                                    },
                                    {
                                        name: "portal-look",
                                        mountPath: "/usr/share/nginx/html/images/logo.png",
                                        subPath: "logo.png",
                                        readOnly: true,
                                    },
                                ],
                            },
                        ],
                        volumes: [
                            { name: "portal-config", configMap: { name: "harbor-portal" } },
                            { name: "portal-look", configMap: { name: made.configMap } },
                        ],
                    },
                },
            });
        });
    });

    describe("component", () => {
        const evaluate = async (portal: object): Promise<Map<string, Record<string, unknown>>> => {
            const seen = new Map<string, Record<string, unknown>>();
            await pulumi.runtime.setMocks({
                newResource: ({ type, name, inputs }) => {
                    if (!type.startsWith("anchorage:")) seen.set(`${type} ${name}`, inputs as Record<string, unknown>);
                    return { id: `${name}-id`, state: inputs as Record<string, unknown> };
                },
                call: ({ token }) => {
                    throw new Error(`unexpected call of ${token}`);
                },
            });
            new Portal("registry-portal", { portal, namespace: "images", release: pulumi.output("harbor") });
            await pulumi.runtime.disconnect();
            return seen;
        };

        it("makes a ConfigMap, and a patch of the release's portal that mounts it", async () => {
            const seen = await evaluate({ name: "SCS", logo: path.join(folder, "logo.svg") });
            assert.deepEqual(
                [...seen.keys()],
                [
                    "kubernetes:core/v1:ConfigMap registry-portal-look",
                    "kubernetes:apps/v1:DeploymentPatch registry-portal-mounts",
                ],
            );
            const map = seen.get("kubernetes:core/v1:ConfigMap registry-portal-look");
            const patch = seen.get("kubernetes:apps/v1:DeploymentPatch registry-portal-mounts");
            const { name } = map?.["metadata"] as { name: string };
            assert.deepEqual(patch?.["metadata"], { name: "harbor-portal", namespace: "images" });
            assert.ok(JSON.stringify(patch["spec"]).includes(`"configMap":{"name":"${name}"}`));
        });
    });
});
