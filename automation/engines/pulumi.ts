import type { Stack } from "@pulumi/pulumi/automation";
import { ExitCode, UserError } from "../../lib/errors";
import type { Exec } from "../../lib/exec";
import { anchorageHome } from "../../lib/home";
import type { Engine, EngineOptions, EngineResult, Outputs, ResourceState, StackSelection } from "../engine";
import { resolveBackend, type Backend } from "./pulumi/backend";
import { resourcesOf } from "./pulumi/deployment";
import { explainFailure } from "./pulumi/failures";
import type { PulumiCli } from "./pulumi/find-cli";
import { withPrivateSettings, type PrivateSettings } from "./pulumi/private-settings";
import { recoverStack } from "./pulumi/recover";
import { createRunner, type CliOutput, type PulumiRunner } from "./pulumi/pulumi-command";
import { UpdateRecorder, type UpdateKind } from "./pulumi/update-recorder";
import { readStackConfig } from "./rehearsal/project";
import { clusterKind } from "./stack-settings";

/* oxlint-disable typescript/no-require-imports -- lazy: the SDK takes half a second to load; see pulumi/pulumi-command.ts */

export interface PulumiEngineTools {
    readonly exec: Exec;
    readonly env: NodeJS.ProcessEnv;
    /** @default anchorageHome() */
    readonly home?: string;
    /** Milliseconds. @default Date.now */
    readonly now?: () => number;
}

/** The engine for every real environment: the Automation API on a pulumi CLI, on the same program as a hand-typed `pulumi up`. */
export function createPulumiEngine(selection: StackSelection, cli: PulumiCli, tools: PulumiEngineTools): Engine {
    return new PulumiEngine(selection, cli, tools);
}

class PulumiEngine implements Engine {
    readonly name = "pulumi";
    readonly version: string;
    readonly stack: string;
    private readonly runner: PulumiRunner;
    private readonly now: () => number;
    private resolved: Promise<Backend> | undefined;

    constructor(
        private readonly selection: StackSelection,
        cli: PulumiCli,
        private readonly tools: PulumiEngineTools,
    ) {
        this.version = cli.version;
        this.stack = selection.stack;
        this.runner = createRunner(cli, tools.exec);
        this.now = tools.now ?? Date.now;
    }

    preview(options: EngineOptions = {}): Promise<EngineResult> {
        return this.update("preview", options, async (stack, common, recorder) => {
            await stack.preview({ ...common, ...packsOf(options) });
            return recorder.outputs;
        });
    }

    up(options: EngineOptions = {}): Promise<EngineResult> {
        return this.update("up", options, async (stack, common, recorder) => {
            const { outputs } = await stack.up({ ...common, ...packsOf(options), showSecrets: false });
            // The API calls an output secret only when all of it is; one that holds a secret is one, too.
            return Object.fromEntries(
                Object.entries(outputs).map(([name, { value, secret }]) => [
                    name,
                    { value: value as unknown, secret: secret || recorder.outputs[name]?.secret === true },
                ]),
            );
        });
    }

    refresh(options: EngineOptions = {}): Promise<EngineResult> {
        return this.update("refresh", options, async (stack, common) => {
            await stack.refresh({ ...common, showSecrets: false });
            return this.outputs();
        });
    }

    async destroy(options: EngineOptions = {}): Promise<EngineResult> {
        const kept = (await this.resources()).filter((resource) => resource.protect);
        if (kept.length > 0) {
            throw new UserError(`stack ${this.stack} holds protected resources, so nothing was deleted`, {
                details: kept.map(({ name, type }) => `${name} (${type})`),
                next: [`npx anchorage destroy --stack ${this.stack} --unprotect`],
                exitCode: ExitCode.refused,
            });
        }
        return this.update("destroy", options, async (stack, common) => {
            await stack.destroy({ ...common, showSecrets: false });
            return {};
        });
    }

    async unprotect(): Promise<void> {
        await this.ifPresent(() => this.run(["state", "unprotect", "--all", "--yes"]), undefined);
    }

    recover(): Promise<readonly string[]> {
        return this.ifPresent(() => recoverStack(this.stack, (args) => this.run(args)), []);
    }

    outputs(): Promise<Outputs> {
        return this.ifPresent(async () => {
            const masked = JSON.parse((await this.run(["stack", "output", "--json"])).stdout) as Record<
                string,
                unknown
            >;
            const plain = JSON.parse(
                (await this.run(["stack", "output", "--json", "--show-secrets"])).stdout,
            ) as Record<string, unknown>;
            return Object.fromEntries(
                Object.entries(plain).map(([name, value]) => [
                    name,
                    { value, secret: JSON.stringify(value) !== JSON.stringify(masked[name]) },
                ]),
            );
        }, {});
    }

    async config(): Promise<Readonly<Record<string, string>>> {
        const { values, encrypted } = await readStackConfig(this.selection);
        return this.ifPresent(
            () =>
                withPrivateSettings(this.selection, async ({ configFile }) => {
                    const { stdout } = await this.run(["config", "--json", "--config-file", configFile]);
                    const entries = JSON.parse(stdout) as Record<string, { value?: string; secret: boolean }>;
                    return Object.fromEntries(
                        Object.entries(entries).map(([key, { value, secret }]) => [
                            key,
                            secret ? "[secret]" : (value ?? ""),
                        ]),
                    );
                }),
            { ...values, ...Object.fromEntries(encrypted.map((key) => [key, "[secret]"])) },
        );
    }

    resources(): Promise<readonly ResourceState[]> {
        return this.ifPresent(async () => resourcesOf((await this.run(["stack", "export"])).stdout), []);
    }

    /** One update: with a copy of the settings, events recorded, failures told in our words. */
    private async update(
        kind: UpdateKind,
        { onEvent, signal }: EngineOptions,
        work: (stack: Stack, common: UpdateOptions, recorder: UpdateRecorder) => Promise<Outputs>,
    ): Promise<EngineResult> {
        signal?.throwIfAborted();
        const began = this.now();
        const recorder = new UpdateRecorder(kind, onEvent ?? (() => undefined), this.now);
        return withPrivateSettings(this.selection, async (settings) => {
            const prefix = await this.commandPrefix();
            try {
                const stack = await this.open(settings, kind === "preview" || kind === "up");
                // Nothing is on record of a stack that does not exist.
                if (stack === undefined) return recorder.result({}, this.now() - began);
                const { configFile } = settings;
                const common = { onEvent: recorder.accept, signal, configFile, color: "never" } as const;
                const outputs = await work(stack, common, recorder);
                return recorder.result(outputs, this.now() - began);
            } catch (error) {
                // The CLI ends with an error when it is interrupted; that is not what went wrong.
                signal?.throwIfAborted();
                throw explainFailure(error, { stack: this.stack, prefix, recorder });
            }
        });
    }

    /** The stack, made where it does not exist and `create` says so. */
    private async open({ folder }: PrivateSettings, create: boolean): Promise<Stack | undefined> {
        const { LocalWorkspace, Stack, StackNotFoundError } =
            require("@pulumi/pulumi/automation") as typeof import("@pulumi/pulumi/automation");
        const envVars = await this.environment();
        const workspace = await LocalWorkspace.create({
            workDir: this.selection.projectRoot,
            // Its constructor is private; the SDK's own tests pass objects like ours.
            pulumiCommand: this.runner,
            envVars,
        });
        // The API's own way selects the stack for the user's next hand-typed command as well, and writes the
        // salt of a new stack into the user's settings.
        workspace.selectStack = async (name) => {
            await this.runner.run(["stack", "--stack", name], this.selection.projectRoot, envVars);
        };
        workspace.createStack = async (name) => {
            await this.runner.run(["stack", "init", name, "--no-select"], folder, envVars);
        };
        try {
            return await (create ? Stack.createOrSelect(this.stack, workspace) : Stack.select(this.stack, workspace));
        } catch (error) {
            if (!create && error instanceof StackNotFoundError) return undefined;
            throw error;
        }
    }

    /** A command on the stack that is no update. */
    private async run(args: readonly string[]): Promise<CliOutput> {
        return this.runner.run([...args, "--stack", this.stack], this.selection.projectRoot, await this.environment());
    }

    private async ifPresent<T>(work: () => Promise<T>, absent: T): Promise<T> {
        try {
            return await work();
        } catch (error) {
            const { StackNotFoundError } =
                require("@pulumi/pulumi/automation/errors") as typeof import("@pulumi/pulumi/automation/errors");
            if (error instanceof StackNotFoundError) return absent;
            throw explainFailure(error, { stack: this.stack, prefix: await this.commandPrefix() });
        }
    }

    private async environment(): Promise<Record<string, string>> {
        const { env } = await this.backend();
        // The salt is not in the user's settings when we made the stack, but always in its state.
        return { ...env, PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: "true" };
    }

    /** What the user has to type before `pulumi` to see the same state. */
    private async commandPrefix(): Promise<string> {
        const { env } = await this.backend();
        return Object.entries(env)
            .map(([name, value]) => `${name}=${value} `)
            .join("");
    }

    private backend(): Promise<Backend> {
        this.resolved ??= this.resolve();
        return this.resolved;
    }

    private async resolve(): Promise<Backend> {
        const { projectRoot, stack } = this.selection;
        try {
            return await resolveBackend({
                runner: this.runner,
                projectRoot,
                stack,
                isLab: (await clusterKind(this.selection)) === "lab",
                rehearsedIn: this.selection.rehearsedIn,
                env: this.tools.env,
                home: this.tools.home ?? anchorageHome(),
            });
        } catch (error) {
            throw explainFailure(error, { stack, prefix: "" });
        }
    }
}

interface UpdateOptions {
    readonly onEvent: UpdateRecorder["accept"];
    readonly signal: AbortSignal | undefined;
    readonly configFile: string;
    readonly color: "never";
}

/** As the Automation API wants them. */
function packsOf({ policyPacks }: EngineOptions): { readonly policyPacks?: string[] } {
    return policyPacks === undefined || policyPacks.length === 0 ? {} : { policyPacks: [...policyPacks] };
}
