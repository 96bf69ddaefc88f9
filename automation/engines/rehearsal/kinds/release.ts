import type { PropertyChange } from "../../../engine";
import { ExecFailure } from "../../../../lib/exec";
import { UserError } from "../../../../lib/errors";
import type { Diff, Kind, KindContext, Made } from "../kinds";
import { containsUnknown, equal, text, type Values } from "../values";
import { chartDigest, chartPath } from "./release/chart";
import { helm, releaseArguments, type HelmTarget } from "./release/helm";
import { outputsOf } from "./release/outputs";
import { endPending, lastRelease, type LiveRelease } from "./release/records";
import { connect } from "./kubernetes/connection";
import { randomBytes } from "node:crypto";

/** Input that the engine adds: what a chart in a folder or file holds. */
const digestKey = "chartDigest";

/** kubernetes:helm.sh/v3:Release by the helm program of the lab. */
export const releaseKind: Kind = {
    async check(inputs, old, context) {
        const result = { ...inputs };
        result["name"] ??= old?.inputs["name"] ?? `${context.name}-${randomBytes(4).toString("hex")}`;
        const digest = await chartDigest(inputs, context.projectRoot);
        if (digest !== undefined) result[digestKey] = digest;
        return result;
    },

    async diff(old, news, inputDiff, context): Promise<Diff> {
        const moved = (["name", "namespace"] as const).filter((key) => !equal(old.inputs[key], news[key]));
        if (moved.length > 0) return replaced(inputDiff, moved);
        const target = await targetOf(news, context);
        if (!target) return { kind: inputDiff.length > 0 ? "update" : "same", changes: inputDiff };
        const live = await lastRelease(target);
        if (!live) return { kind: "recreate", changes: inputDiff };
        const drift = driftOf(old.outputs, live);
        const changes = [...inputDiff, ...drift];
        return { kind: changes.length > 0 ? "update" : "same", changes };
    },

    planned: (news) => news,

    async create(news, context) {
        const target = await requireTarget(news, context);
        const live = await lastRelease(target);
        if (live && !context.interrupted) {
            throw new UserError(
                `release ${target.name} already exists in ${target.namespace}, and is not of this stack`,
                {
                    next: [`uninstall it: helm uninstall ${target.name} -n ${target.namespace}`],
                },
            );
        }
        return install(target, news, context, live);
    },

    async update(_old, news, context) {
        const target = await requireTarget(news, context);
        return install(target, news, context, await lastRelease(target));
    },

    async read({ id, inputs, outputs }, context): Promise<Made | undefined> {
        const [namespace = "", name = ""] = id.split("/");
        const target = await targetOf({ ...inputs, namespace, name }, context);
        if (!target) return undefined;
        const live = await lastRelease(target);
        if (!live) return undefined;
        const status = { ...(outputs["status"] as Values | undefined), revision: live.revision, status: live.status };
        return { id, outputs: { ...outputs, status } };
    },

    async delete(old, context) {
        const [namespace = "", name = ""] = old.id.split("/");
        const target = await requireTarget({ ...old.inputs, namespace, name }, context);
        if ((await lastRelease(target)) === undefined) return;
        const wait = old.inputs["skipAwait"] === true ? [] : ["--wait"];
        await helm(target, ["uninstall", name, ...wait, "--timeout", seconds(old.inputs, context)], context);
    },

    plannedId(inputs) {
        const [namespace, name] = [text(inputs, "namespace"), text(inputs, "name")];
        return name === undefined ? undefined : `${namespace ?? "default"}/${name}`;
    },
};

function replaced(inputDiff: readonly PropertyChange[], keys: readonly string[]): Diff {
    const changes = inputDiff.map((change) => (keys.includes(change.path) ? { ...change, replaces: true } : change));
    return { kind: "replace", changes };
}

/** A revision that we did not make, or one that failed, is to be put right. */
function driftOf(outputs: Values, live: LiveRelease): PropertyChange[] {
    const recorded = outputs["status"] as { revision?: number } | undefined;
    const changes: PropertyChange[] = [];
    if (recorded?.revision !== live.revision) {
        changes.push({ path: "status.revision", kind: "update", before: live.revision, after: live.revision + 1 });
    }
    if (live.status !== "deployed") {
        changes.push({ path: "status.status", kind: "update", before: live.status, after: "deployed" });
    }
    return changes;
}

async function targetOf(news: Values, context: KindContext): Promise<HelmTarget | undefined> {
    if (containsUnknown(news["name"]) || containsUnknown(news["namespace"])) return undefined;
    const connection = await connect(context.provider);
    if (!connection) return undefined;
    const { client, lab } = connection;
    const name = text(news, "name") ?? "";
    return { client, helm: lab.tools.helm, name, namespace: text(news, "namespace") ?? client.login.namespace };
}

async function requireTarget(news: Values, context: KindContext): Promise<HelmTarget> {
    const target = await targetOf(news, context);
    if (!target) throw new Error("the cluster of the release is not known");
    return target;
}

function seconds(values: Values, context: KindContext): string {
    const timeout = values["timeout"];
    if (typeof timeout === "number") return `${String(timeout)}s`;
    return `${String(Math.round((context.timeoutMs ?? 300_000) / 1000))}s`;
}

async function install(
    target: HelmTarget,
    news: Values,
    context: KindContext,
    before: LiveRelease | undefined,
): Promise<Made> {
    const id = `${target.namespace}/${target.name}`;
    const left = before && (await endPending(target, before));
    if (left !== undefined)
        context.log("warning", `release ${id} was left ${left} by an interrupted run; it is done again`);
    const chart = chartPath(news, context.projectRoot);
    const { args, input } = await releaseArguments(news, chart, seconds(news, context));
    try {
        const printed = await helm(target, ["upgrade", "--install", target.name, ...args], context, input);
        return { id, outputs: outputsOf(news, JSON.parse(printed) as Values) };
    } catch (error) {
        if (!(error instanceof ExecFailure)) throw error;
        const failure = new UserError(`release ${id} failed: ${reasonOf(error)}`, {
            next: [`look at it: helm status ${target.name} -n ${target.namespace}`],
            cause: error,
        });
        // Helm keeps a release that failed; with rollback-on-failure the one before, or none.
        const live = await lastRelease(target);
        if (!live || live.revision <= (before?.revision ?? 0)) throw failure;
        const status = { name: target.name, namespace: target.namespace, revision: live.revision, status: live.status };
        return { id, outputs: { ...news, status }, failure };
    }
}

function reasonOf({ stderr, message }: ExecFailure): string {
    const lines = stderr.split("\n").filter((line) => line.trim() !== "" && !/^(level=|I\d{4}|W\d{4})/.test(line));
    return lines.length > 0 ? lines.join(" ").replace(/^Error: /, "") : message;
}
