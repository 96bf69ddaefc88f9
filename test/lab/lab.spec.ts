import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
    CreateBucketCommand,
    GetObjectCommand,
    ListBucketsCommand,
    PutObjectCommand,
    S3Client,
} from "@aws-sdk/client-s3";
import { labLayout } from "../../lab/layout";
import { resetLab, startLab, stopLab } from "../../lab/lab";
import { labStatus, type LabState } from "../../lab/status";
import { ExitCode, UserError } from "../../lib/errors";
import { exec } from "../../lib/exec";
import type { LabEndpoints } from "../../lib/home";
import { isRunning } from "../../lib/processes";
import { waitFor } from "../../lib/wait";
import { apply, kubectl } from "../support/engine-lab";
import { sharedLab, testBinaries } from "../support/lab";

const pidsOf = (state: LabState): number[] => state.parts.flatMap(({ pid }) => pid ?? []);
const claim = (name: string, accessMode: string): object => ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, namespace: "default" },
    spec: { accessModes: [accessMode], resources: { requests: { storage: "3Gi" } } },
});
const container = { name: "main", image: "registry.invalid/never-pulled" };
const s3Client = (lab: LabEndpoints, secretKey = lab.s3.secretKey): S3Client =>
    new S3Client({
        endpoint: lab.s3.endpoint,
        region: lab.s3.region,
        forcePathStyle: true,
        credentials: { accessKeyId: lab.s3.accessKey, secretAccessKey: secretKey },
    });

describe("lab", function () {
    this.timeout(180_000);

    describe("cluster", () => {
        let lab: LabEndpoints;

        before(async () => {
            lab = await sharedLab();
        });

        it("is left as it is when it runs", async () => {
            const before = pidsOf(await labStatus("shared"));
            const again = await startLab({ name: "shared", binaries: await testBinaries(), exec });
            assert.equal(again.alreadyRunning, true);
            assert.deepEqual(again.endpoints, lab);
            assert.deepEqual(pidsOf(await labStatus("shared")), before);
        });

        it("has the pinned Kubernetes, and nodes that are Ready in three zones", async () => {
            const version = JSON.parse(await kubectl(lab, "version", "-o", "json")) as {
                serverVersion: { gitVersion: string };
            };
            const pin = /k8s\.io\/kubernetes (v\S+)/.exec(readFileSync("lab/tools/kubernetes/go.mod", "utf8"))?.[1];
            assert.equal(version.serverVersion.gitVersion, pin);
            const wanted =
                "jsonpath={range .items[*]}{.metadata.labels.kubernetes\\.io/hostname} {.metadata.labels.topology\\.kubernetes\\.io/zone} {.status.conditions[?(@.type=='Ready')].status}{'\\n'}{end}";
            assert.deepEqual((await kubectl(lab, "get", "nodes", "-o", wanted)).trim().split("\n"), [
                "node-1 zone-a True",
                "node-2 zone-b True",
                "node-3 zone-c True",
            ]);
        });

        it("listens on loopback alone", async () => {
            const sockets = readFileSync("/proc/net/tcp", "utf8") + readFileSync("/proc/net/tcp6", "utf8");
            const listening = [...sockets.matchAll(/^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ 0A .*?(?:\S+ +){5}(\d+) /gm)];
            const inodes = new Set(pidsOf(await labStatus("shared")).flatMap(socketInodes));
            const ours = listening.filter(([, , , inode = ""]) => inodes.has(inode));
            assert.ok(ours.length >= 6, `${String(ours.length)} listening sockets found`);
            for (const [, address] of ours) assert.equal(address, "0100007F");
        });

        for (const accessMode of ["ReadWriteOnce", "ReadWriteMany"]) {
            it(`binds a ${accessMode} volume, and frees it with the claim`, async () => {
                const name = `claim-${accessMode.toLowerCase()}`;
                await apply(lab, claim(name, accessMode));
                await kubectl(
                    lab,
                    "wait",
                    "--for",
                    "jsonpath={.status.phase}=Bound",
                    `pvc/${name}`,
                    "--timeout",
                    "60s",
                );
                const volume = await kubectl(
                    lab,
                    "get",
                    "pvc",
                    name,
                    "-o",
                    "jsonpath={.spec.volumeName} {.status.capacity.storage}",
                );
                assert.match(volume, /^pvc-\S+ 3Gi$/);
                await kubectl(lab, "delete", "pvc", name, "--timeout", "60s");
                await kubectl(lab, "wait", "--for", "delete", `pv/${volume.split(" ")[0] ?? ""}`, "--timeout", "60s");
            });
        }

        it("runs a StatefulSet with claims, and a Job to its end", async () => {
            await apply(
                lab,
                {
                    apiVersion: "apps/v1",
                    kind: "StatefulSet",
                    metadata: { name: "store", namespace: "default" },
                    spec: {
                        serviceName: "store",
                        replicas: 2,
                        selector: { matchLabels: { app: "store" } },
                        template: { metadata: { labels: { app: "store" } }, spec: { containers: [container] } },
                        volumeClaimTemplates: [
                            {
                                metadata: { name: "data" },
                                spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
                            },
                        ],
                    },
                },
                {
                    apiVersion: "batch/v1",
                    kind: "Job",
                    metadata: { name: "once", namespace: "default" },
                    spec: { template: { spec: { restartPolicy: "Never", containers: [container] } } },
                },
            );
            await kubectl(lab, "rollout", "status", "statefulset/store", "--timeout", "60s");
            await kubectl(lab, "wait", "--for", "condition=complete", "job/once", "--timeout", "60s");
            await kubectl(
                lab,
                "delete",
                "statefulset/store",
                "job/once",
                "pvc/data-store-0",
                "pvc/data-store-1",
                "--timeout",
                "60s",
            );
        });

        it("gives a LoadBalancer Service an address", async () => {
            await apply(lab, {
                apiVersion: "v1",
                kind: "Service",
                metadata: { name: "front", namespace: "default" },
                spec: { type: "LoadBalancer", ports: [{ port: 80 }], selector: { app: "front" } },
            });
            const address = "jsonpath={.status.loadBalancer.ingress[0].ip}";
            await kubectl(lab, "wait", "--for", `${address}=127.0.0.1`, "service/front", "--timeout", "60s");
            await kubectl(lab, "delete", "service/front");
        });
    });

    describe("S3", () => {
        it("keeps objects for those with its keys, and no one else", async () => {
            const lab = await sharedLab();
            const s3 = s3Client(lab);
            await s3.send(new CreateBucketCommand({ Bucket: "lab-spec" }));
            await s3.send(new PutObjectCommand({ Bucket: "lab-spec", Key: "a/b", Body: "content" }));
            const { Body } = await s3.send(new GetObjectCommand({ Bucket: "lab-spec", Key: "a/b" }));
            assert.equal(await Body?.transformToString(), "content");
            await assert.rejects(s3Client(lab, "wrong-key-wrong-key").send(new ListBucketsCommand()), {
                name: "SignatureDoesNotMatch",
            });
        });

        it("shows its keys on no command line, and in no file that others may read", async () => {
            const lab = await sharedLab();
            const lines = readdirSync("/proc")
                .filter((entry) => /^\d+$/.test(entry))
                .flatMap((pid) => {
                    try {
                        return readFileSync(`/proc/${pid}/cmdline`, "utf8");
                    } catch {
                        return []; // ended meanwhile
                    }
                });
            assert.ok(lines.some((line) => line.includes("versitygw")));
            assert.ok(!lines.some((line) => line.includes(lab.s3.secretKey)));
            const { identity, endpoints } = labLayout("shared");
            const { stdout } = await exec("stat", ["-c", "%a", identity, endpoints]);
            assert.equal(stdout, "600\n600");
        });
    });

    describe("life", () => {
        const name = "life";
        const start = async (): Promise<{ endpoints: LabEndpoints; alreadyRunning: boolean }> =>
            startLab({ name, binaries: await testBinaries(), exec, nodes: 1 });

        afterEach(async () => {
            await resetLab({ name, binaries: await testBinaries(), exec });
        });

        it("ends exactly its own processes, keeps its data over a stop, and is gone after a reset", async () => {
            await sharedLab();
            const others = pidsOf(await labStatus("shared"));
            const { endpoints } = await start();
            await kubectl(endpoints, "create", "configmap", "kept", "--from-literal", "a=b");
            await kubectl(endpoints, "create", "deployment", "app", "--image", "app");
            await kubectl(endpoints, "wait", "deployment/app", "--for=condition=Available", "--timeout=60s");
            const own = pidsOf(await labStatus(name));
            await stopLab({ name, binaries: await testBinaries(), exec });
            assert.deepEqual(own.filter(isRunning), []);
            assert.deepEqual(others.filter(isRunning), others);
            assert.equal((await labStatus(name)).state, "stopped");

            const again = await start();
            assert.equal(again.alreadyRunning, false);
            assert.deepEqual(again.endpoints, endpoints);
            assert.equal(await kubectl(endpoints, "get", "configmap", "kept", "-o", "jsonpath={.data.a}"), "b");
            // Pods are ended and started as before: nobody waits for the leases of the controller that was stopped.
            await kubectl(endpoints, "delete", "pod", "--all", "--timeout=30s");
            await kubectl(endpoints, "wait", "deployment/app", "--for=condition=Available", "--timeout=30s");

            const last = pidsOf(await labStatus(name));
            await resetLab({ name, binaries: await testBinaries(), exec });
            assert.deepEqual(last.filter(isRunning), []);
            assert.equal(existsSync(labLayout(name).folder), false);
            assert.equal((await labStatus(name)).state, "absent");
        });

        it("sees what crashed, with the end of its log, and mends it", async () => {
            const { endpoints } = await start();
            await kubectl(endpoints, "create", "configmap", "kept", "--from-literal", "a=b");
            for (const victims of [
                ["etcd", "kube-apiserver"],
                ["kube-controller-manager", "kube-scheduler"],
                ["kwok-controller", "s3"],
            ]) {
                for (const part of (await labStatus(name)).parts) {
                    if (victims.includes(part.name)) process.kill(part.pid ?? 0, "SIGKILL");
                }
                const broken = await waitFor(
                    async () => {
                        const state = await labStatus(name);
                        return victims.every((victim) =>
                            state.parts.some((p) => p.name === victim && p.state === "crashed"),
                        )
                            ? state
                            : undefined;
                    },
                    { what: `${victims.join(" and ")} to be seen as crashed`, timeoutMs: 20_000 },
                );
                assert.equal(broken.state, "degraded");
                for (const victim of victims) {
                    const part = broken.parts.find((p) => p.name === victim);
                    assert.ok((part?.logTail ?? []).length > 0, `${victim} has no log`);
                }
                assert.equal((await start()).alreadyRunning, false);
                // The controllers lose their leases up to 10 s after their API server: none may end after its repair.
                assert.equal((await labStatus(name)).state, "running");
                assert.equal(await kubectl(endpoints, "get", "configmap", "kept", "-o", "jsonpath={.data.a}"), "b");
            }
        });

        it("is started once by two commands at once", async () => {
            const both = await Promise.all([start(), start()]);
            assert.deepEqual(both[0].endpoints, both[1].endpoints);
            assert.deepEqual(both.map(({ alreadyRunning }) => alreadyRunning).sort(), [false, true]);
        });

        it("is starting until it is ready, and can be completed after an interrupted start", async () => {
            const stop = new AbortController();
            const binaries = await testBinaries();
            const interrupted = startLab({ name, binaries, exec, nodes: 1, signal: stop.signal });
            await waitFor(() => (existsSync(labLayout(name).cluster) ? true : undefined), {
                what: "kwokctl",
                timeoutMs: 20_000,
            });
            const { state, parts } = await labStatus(name);
            assert.equal(state, "starting");
            assert.deepEqual(
                parts.filter((part) => part.state === "crashed" || part.logTail !== undefined),
                [],
            );
            stop.abort(new Error("Ctrl-C"));
            await assert.rejects(interrupted, /Ctrl-C/);
            await start();
            assert.equal((await labStatus(name)).state, "running");
        });
    });

    it("can be completed after the command that started it was killed", async () => {
        const name = "killed";
        const binaries = await testBinaries();
        const script = [
            `const { startLab } = require("./lab/lab"); const { exec } = require("./lib/exec");`,
            `void startLab({ name: ${JSON.stringify(name)}, nodes: 1, exec, binaries: ${JSON.stringify(binaries)} });`,
        ].join("\n");
        const child = spawn(process.execPath, ["-r", "./bin/typescript.js", "-e", script], { stdio: "inherit" });
        await waitFor(() => (existsSync(labLayout(name).cluster) ? true : undefined), {
            what: "kwokctl",
            timeoutMs: 60_000,
        });
        child.kill("SIGKILL");
        await once(child, "exit");
        await startLab({ name, binaries, exec, nodes: 1 });
        assert.equal((await labStatus(name)).state, "running");
        await resetLab({ name, binaries, exec });
    });

    describe("bad input", () => {
        it("refuses a name that is no DNS label", async () => {
            for (const name of ["", "Lab", "a_b", "-a", "a/../b", "a".repeat(40)]) {
                await assert.rejects(
                    startLab({ name, binaries: await testBinaries(), exec }),
                    (error: unknown) => error instanceof UserError && error.exitCode === ExitCode.usage,
                );
            }
        });

        it("refuses a lab of another version, and touches nothing of it", async () => {
            const name = "older";
            const { identity, folder } = labLayout(name);
            await exec("mkdir", ["-p", folder]);
            writeFileSync(identity, JSON.stringify({ format: 0, id: "x" }));
            const binaries = await testBinaries();
            for (const verb of [startLab, stopLab]) {
                await assert.rejects(verb({ name, binaries, exec }), (error: unknown) => {
                    assert.ok(error instanceof UserError);
                    assert.equal(error.exitCode, ExitCode.refused);
                    assert.match(error.render(), /lab older has format 0[^]*npx anchorage lab reset --name older/);
                    return true;
                });
            }
            assert.deepEqual(readdirSync(folder), ["lab.json"]);
            await resetLab({ name, binaries, exec });
            assert.equal(existsSync(folder), false);
        });

        it("names the port that somebody else took", async () => {
            const name = "taken";
            const binaries = await testBinaries();
            const { endpoints } = await startLab({ name, binaries, exec, nodes: 1 });
            await stopLab({ name, binaries, exec });
            const port = Number(new URL(endpoints.s3.endpoint).port);
            const squatter = createServer().listen(port, "127.0.0.1");
            await once(squatter, "listening");
            await assert.rejects(startLab({ name, binaries, exec, nodes: 1 }), (error: unknown) => {
                assert.ok(error instanceof UserError);
                assert.match(error.render(), new RegExp(`port ${String(port)} [^]*in use[^]*next:`));
                return true;
            });
            squatter.close();
            await once(squatter, "close");
            await startLab({ name, binaries, exec, nodes: 1 });
            assert.equal((await labStatus(name)).state, "running");
            await resetLab({ name, binaries, exec });
        });
    });
});

/** Numbers of the sockets that a process has open (proc(5)). */
function socketInodes(pid: number): string[] {
    return readdirSync(`/proc/${String(pid)}/fd`).flatMap((fd) => {
        try {
            return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${String(pid)}/fd/${fd}`))?.[1] ?? [];
        } catch {
            return []; // closed meanwhile
        }
    });
}
