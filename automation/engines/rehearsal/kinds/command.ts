import { randomBytes } from "node:crypto";
import path from "node:path";
import { UserError } from "../../../../lib/errors";
import type { Kind, KindContext } from "../kinds";
import { asText, list, object, text, type Values } from "../values";

/**
 * command:local:Command (pulumi-command): a command for each of create, update and delete. `update` falls back
 * to `create`; a changed trigger makes the resource anew. A command whose end nobody saw (the engine was
 * killed) is run again once it has ended: only its author can make it safe to repeat.
 */
export const commandKind: Kind = {
    check(inputs) {
        const unsupported = ["assetPaths", "archivePaths"].filter((key) => list(inputs, key).length > 0);
        if (unsupported.length === 0) return inputs;
        throw new UserError(`the rehearsal engine does not honour ${unsupported.join(", ")} of a Command`);
    },

    diff(_old, _news, inputDiff) {
        const changes = inputDiff.map((change) =>
            /^triggers\b/.test(change.path) ? { ...change, replaces: true } : change,
        );
        const kind = changes.some(({ replaces }) => replaces) ? "replace" : changes.length > 0 ? "update" : "same";
        return Promise.resolve({ kind, changes });
    },

    async create(news, context) {
        const id = `${context.name}${randomBytes(4).toString("hex")}`;
        const ran = await run(text(news, "create"), news, {}, context);
        return { id, outputs: { ...news, ...ran }, secretOutputs: secretOutputs(context) };
    },

    async update(old, news, context) {
        const ran = await run(text(news, "update") ?? text(news, "create"), news, old.outputs, context);
        return { id: old.id ?? "", outputs: { ...news, ...ran }, secretOutputs: secretOutputs(context) };
    },

    async delete(old, context) {
        await run(text(old.inputs, "delete"), old.inputs, old.outputs, context);
    },
};

/** With Pulumi's provider every output depends on every input: one secret makes all that is printed secret. */
function secretOutputs({ hasSecrets }: KindContext): string[] {
    return hasSecrets ? ["stdout", "stderr"] : [];
}

/** Runs one command; what it printed, without the last line's end. Without a command: what was printed before. */
async function run(
    command: string | undefined,
    inputs: Values,
    before: Values,
    context: KindContext,
): Promise<{ stdout: string; stderr: string }> {
    const printed = { stdout: text(before, "stdout") ?? "", stderr: text(before, "stderr") ?? "" };
    if (command === undefined) return printed;
    const [program = "/bin/sh", ...args] =
        list(inputs, "interpreter").length > 0 ? list(inputs, "interpreter").map(asText) : ["/bin/sh", "-c"];
    const hasRun = before["stdout"] !== undefined || before["stderr"] !== undefined;
    const previous: Record<string, string> =
        hasRun && inputs["addPreviousOutputInEnv"] !== false
            ? { PULUMI_COMMAND_STDOUT: printed.stdout, PULUMI_COMMAND_STDERR: printed.stderr }
            : {};
    const environment = Object.entries(object(inputs, "environment")).map(([key, value]) => [key, asText(value)]);
    const logging = context.hasSecrets ? "none" : (text(inputs, "logging") ?? "stdoutAndStderr");
    return context.exec(program, [...args, command], {
        cwd: path.resolve(context.projectRoot, text(inputs, "dir") ?? "."),
        env: { ...(Object.fromEntries(environment) as Record<string, string>), ...previous },
        ...(text(inputs, "stdin") === undefined ? {} : { input: text(inputs, "stdin") ?? "" }),
        onStart: (pid) => context.recordProcess(pid),
        onLine: (line, stream) => {
            if (logging.toLowerCase().includes(stream)) context.log("info", line);
        },
    });
}
