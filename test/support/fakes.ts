import type { Context, LabControl } from "../../automation/context";
import type { Engine, EngineResult, OutputValue, ResourceChange, ResourceState } from "../../automation/engine";
import { createReporter, type Reporter } from "../../automation/reporter";
import type { BackupOutput, StackOutputs } from "../../config/contract";
import { projectRoot } from "../../lib/home";

/** A function that fails the test when it is called: for doors that the subject must not open. */
export function unexpected(what: string): (...args: unknown[]) => never {
    return (...args) => {
        throw new Error(`unexpected call of ${what}(${args.map((arg) => JSON.stringify(arg)).join(", ")})`);
    };
}

/** A reporter that collects what it would print. */
export function collectingReporter(kind: "auto" | "json" = "auto"): { reporter: Reporter; text: () => string } {
    let text = "";
    const reporter = createReporter(kind, { write: (more) => (text += more) }, { NO_COLOR: "1" }, () => 0);
    return { reporter, text: () => text };
}

export const sampleOutputs: StackOutputs = {
    registryUrl: "http://localhost:8080",
    namespace: "harbor",
    release: { name: "harbor", harborVersion: "2.15.2", chartVersion: "1.19.2" },
    admin: { user: "admin", secretName: "harbor-admin", secretKey: "HARBOR_ADMIN_PASSWORD" },
    exposure: { kind: "clusterIP", service: "harbor", servicePort: 80, localPort: 8080 },
    cluster: { kind: "lab", name: "anchorage", context: "kwok-anchorage", kubeconfig: "/tmp/kubeconfig" },
};

/** Of a stack with backups, where no test looks closer. */
export const sampleBackup: BackupOutput = {
    ...{ namespace: "velero", location: "default", bucket: { bucket: "b", region: "r", pathStyle: true } },
    ...{ credentials: { secretName: "s", secretKey: "k" }, volumes: "none", retention: { count: 2, days: 1 } },
};

export function asOutputs(outputs: StackOutputs): Record<string, OutputValue> {
    return Object.fromEntries(
        Object.entries(outputs).map(([name, value]) => [name, { value: value as unknown, secret: false }]),
    );
}

export const sampleResource: ResourceState = {
    urn: "urn:pulumi:lab::anchorage::random:index/randomPassword:RandomPassword::registry-admin",
    type: "random:index/randomPassword:RandomPassword",
    name: "registry-admin",
    id: "none",
    custom: true,
    protect: false,
};

export function sampleResult(changes: readonly ResourceChange[], outputs = asOutputs(sampleOutputs)): EngineResult {
    const summary: Partial<Record<ResourceChange["op"], number>> = {};
    for (const { op } of changes) summary[op] = (summary[op] ?? 0) + 1;
    return { changes, summary, outputs, durationMs: 1_000 };
}

/** An engine of which only the given methods may be called; `calls` names those that were. */
export function fakeEngine(methods: Partial<Engine>): { engine: Engine; calls: string[] } {
    const calls: string[] = [];
    const names = [
        "preview",
        "up",
        "refresh",
        "destroy",
        "unprotect",
        "recover",
        "outputs",
        "config",
        "resources",
    ] as const;
    const engine: Record<string, unknown> = { name: "rehearsal", version: "1.0.0", stack: "lab" };
    for (const name of names) {
        const method = (methods[name] ?? unexpected(`engine.${name}`)) as (...args: unknown[]) => unknown;
        engine[name] = (...args: unknown[]): unknown => {
            calls.push(name);
            return method(...args);
        };
    }
    return { engine: engine as unknown as Engine, calls };
}

/** A context whose doors are all shut but those given. */
export function fakeContext(doors: Omit<Partial<Context>, "lab"> & { readonly lab?: Partial<LabControl> }): Context {
    const closedLab: LabControl = {
        start: unexpected("lab.start"),
        stop: unexpected("lab.stop"),
        reset: unexpected("lab.reset"),
        status: unexpected("lab.status"),
        list: unexpected("lab.list"),
        tools: unexpected("lab.tools"),
        charts: unexpected("lab.charts"),
        harborChart: unexpected("lab.harborChart"),
        definitions: unexpected("lab.definitions"),
        velero: unexpected("lab.velero"),
    };
    return {
        reporter: collectingReporter().reporter,
        exec: unexpected("exec"),
        env: {},
        signal: new AbortController().signal,
        interactive: false,
        projectRoot,
        confirm: unexpected("confirm"),
        selectEngine: unexpected("selectEngine"),
        kubectl: unexpected("kubectl"),
        ...doors,
        lab: { ...closedLab, ...doors.lab },
    };
}
