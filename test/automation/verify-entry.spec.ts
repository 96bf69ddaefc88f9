import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { checkCertificate, checkPortal, checkRedirect } from "../../automation/verify/entry-steps";
import { forwardStep } from "../../automation/verify/forward-step";
import type { Verification } from "../../automation/verify/verification";
import { runSteps } from "../../automation/steps";
import { UserError } from "../../lib/errors";
import type { Exec } from "../../lib/exec";
import { freePort } from "../../lib/ports";
import { json, Loopback, type Handler } from "../harbor/client/loopback";
import { makeAuthority, makeServer } from "../support/certificates";
import { collectingReporter, sampleOutputs } from "../support/fakes";

const signal = new AbortController().signal;
const month = 30 * 24;

describe("verify and what stands before Harbor", () => {
    const servers: { stop(): Promise<void> }[] = [];

    afterEach(async () => {
        for (const server of servers.splice(0)) await server.stop();
    });

    async function serve(
        handler: Handler,
        ...tls: Parameters<typeof Loopback.start> extends [unknown, ...infer R] ? R : never
    ) {
        const server = await Loopback.start(handler, ...tls);
        servers.push(server);
        return server;
    }

    describe("certificate", () => {
        const names = { ipAddresses: ["127.0.0.1"] };

        async function serveFor(hours: number, from = new Date()) {
            const authority = await makeAuthority("CA of the test", from, 2 * month);
            const server = await serve(
                (_, response) => json(response, {}),
                await makeServer(authority, names, from, hours),
            );
            return { url: server.url, ca: authority.certificate };
        }

        it("is told with who signed it and until when it holds", async () => {
            const { url, ca } = await serveFor(month);
            assert.match(await checkCertificate(url, ca, signal), /^by CA of the test, until \d{4}-\d\d-\d\d$/);
        });

        const wrong = (message: RegExp) => (error: unknown) => {
            assert.ok(error instanceof UserError, String(error));
            assert.match(error.render(), message);
            return true;
        };

        it("is a failure before it ends", async () => {
            const { url, ca } = await serveFor(3 * 24 + 1);
            await assert.rejects(
                checkCertificate(url, ca, signal),
                wrong(/ends in 3 days, on 20[^]*should have been renewed/),
            );
        });

        it("is a failure when it has ended, and when nobody trusts it", async () => {
            const ended = await serveFor(24, new Date(Date.now() - 48 * 3_600_000));
            await assert.rejects(checkCertificate(ended.url, ended.ca, signal), wrong(/has expired/));
            const { url } = await serveFor(month);
            await assert.rejects(checkCertificate(url, undefined, signal), wrong(/signed by a CA that is not trusted/));
        });

        it("is missed where nothing listens, and where no TLS is spoken", async () => {
            const server = await serve((_, response) => json(response, {}));
            const https = server.url.replace("http:", "https:");
            await assert.rejects(checkCertificate(https, undefined, signal), wrong(/does not speak TLS/));
            await server.stop();
            servers.pop();
            await assert.rejects(checkCertificate(https, undefined, signal), wrong(/does not answer/));
        });

        it("is not waited for after Ctrl-C", async () => {
            const reason = new UserError("interrupted");
            const { url, ca } = await serveFor(month);
            await assert.rejects(checkCertificate(url, ca, AbortSignal.abort(reason)), reason);
        });
    });

    describe("redirect", () => {
        const redirectTo = (status: number, location?: string): Promise<Loopback> =>
            serve((_, response) => {
                response.writeHead(status, location === undefined ? {} : { location }).end();
            });
        const check = async (server: Promise<Loopback>): Promise<string> =>
            checkRedirect("https://127.0.0.1", signal, (await server).port);

        it("leads to https on the same name", async () => {
            assert.equal(await check(redirectTo(308, "https://127.0.0.1/")), "308 to https://127.0.0.1");
        });

        for (const [what, status, location, message] of [
            ["a page", 200, undefined, /answers 200 in place of a redirect to https/],
            ["http again", 301, "http://127.0.0.1/x", /leads to http:\/\/127\.0\.0\.1, not to https/],
            ["a relative path", 302, "/login", /leads to http:\/\/127\.0\.0\.1:\d+, not to https/],
            ["another host", 301, "https://elsewhere.example.com/", /leads to https:\/\/elsewhere/],
        ] as const) {
            it(`is missed where http leads to ${what}`, async () => {
                await assert.rejects(check(redirectTo(status, location)), message);
            });
        }
    });

    describe("portal", () => {
        it("is known by its title", async () => {
            const page: Handler = (_, response) => {
                response.writeHead(200, { "content-type": "text/html" }).end("<title> Our registry </title>");
            };
            assert.equal(await checkPortal((await serve(page)).url, undefined, signal), "Our registry");
        });

        it("is missed where a page of an error comes, or none", async () => {
            const error: Handler = (_, response) => {
                response.writeHead(503, { "content-type": "text/html" }).end("no");
            };
            await assert.rejects(checkPortal((await serve(error)).url, undefined, signal), /answers 503/);
            const api = await serve((_, response) => json(response, {}));
            await assert.rejects(checkPortal(api.url, undefined, signal), /answers 200 \(application\/json\)/);
        });
    });

    describe("port-forward", () => {
        const exposure = { kind: "clusterIP", service: "harbor", servicePort: 80, localPort: 0 } as const;

        function steps(localPort: number, exec: Exec) {
            const outputs = {
                ...sampleOutputs,
                exposure: { ...exposure, localPort },
                cluster: { kind: "kind", name: "anchorage", context: "kind-anchorage" } as const,
            };
            const door = { exec, env: {}, kubectl: "kubectl", signal };
            return forwardStep({ target: { outputs }, door } as unknown as Verification);
        }

        it("is there as long as the verification, and ended with it", async () => {
            const port = await freePort();
            let server: Server | undefined;
            const events: string[] = [];
            const kubectl: Exec = (file, args, options) => {
                events.push(`${file} ${args.slice(-2).join(" ")}`);
                return new Promise((_, reject) => {
                    server = createServer().listen(port, "localhost");
                    options?.signal?.addEventListener("abort", () => {
                        events.push("ended");
                        server?.close();
                        reject(new Error("cancelled"));
                    });
                });
            };
            const [forward] = steps(port, kubectl);
            assert.ok(forward);
            const use = {
                id: "use",
                title: "use it",
                plan: "",
                run: () => {
                    events.push(`open on ${String((server?.address() as AddressInfo).port)}`);
                    return Promise.resolve(undefined);
                },
            };
            const result = await runSteps([forward, use], { reporter: collectingReporter().reporter, signal });
            assert.equal(result.error, undefined);
            assert.deepEqual(events, [`kubectl service/harbor ${String(port)}:80`, `open on ${String(port)}`, "ended"]);
        });

        it("that cannot be made says why", async () => {
            const [forward] = steps(await freePort(), () => Promise.reject(new Error("pod is not running")));
            assert.ok(forward);
            const result = await runSteps([forward], { reporter: collectingReporter().reporter, signal });
            assert.ok(result.error instanceof UserError);
            assert.match(result.error.render(), /the port cannot be forwarded\n {2}- pod is not running/);
        });
    });
});
