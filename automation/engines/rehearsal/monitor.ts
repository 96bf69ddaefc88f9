import { callbackify } from "node:util";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import * as providerProto from "@pulumi/pulumi/proto/provider_pb";
import * as resourceProto from "@pulumi/pulumi/proto/resource_pb";
import type { Deployment } from "./deployment";
import { loadKind } from "./kinds";
import { register, type Goal, type Outcome } from "./registration";
import { makeUrn, providerUrn } from "./urn";
import { markSecrets, plainValues, text, type Value, type Values } from "./values";

type Callback = (error: Error | null, response?: unknown) => void;
type Request = resourceProto.RegisterResourceRequest;

/** What the program can ask of us; all else of the protocol belongs to features that we say we do not have. */
const features = new Set(["secrets", "resourceReferences", "deletedWith", "aliasSpecs"]);

/**
 * The resource monitor: what the SDK of a Pulumi program talks to. It is given to
 * `pulumi.runtime.setMockOptions` in place of the SDK's MockMonitor, and answers the same protocol with real
 * operations. A failed resource is answered as such (Result.FAIL), so that the SDK leaves its outputs unknown
 * and goes on with those that don't need it.
 */
export class ResourceMonitor {
    /** URNs that the program has registered. */
    readonly registered = new Set<string>();
    stackOutputs: Values | undefined;
    private readonly reads = new Map<string, Values>();

    constructor(private readonly deployment: Deployment) {}

    readonly registerResource = callbackify((request: Request) => this.onRegister(request));
    readonly readResource = callbackify((request: resourceProto.ReadResourceRequest) => this.onRead(request));
    readonly invoke = callbackify((request: resourceProto.ResourceInvokeRequest) => this.onInvoke(request));

    registerResourceOutputs(request: resourceProto.RegisterResourceOutputsRequest, callback: Callback): void {
        if (request.getUrn() === this.stackUrn) this.stackOutputs = toValues(request.getOutputs());
        callback(null, {});
    }

    supportsFeature(request: resourceProto.SupportsFeatureRequest, callback: Callback): void {
        callback(null, { getHassupport: () => features.has(request.getId()) });
    }

    /** Part of the client's shape: the SDK closes it when the program has ended. */
    close(): void {
        return;
    }

    get stackUrn(): string {
        const { project, stack } = this.deployment.options;
        return makeUrn(stack, project, "", "pulumi:pulumi:Stack", `${project}-${stack}`);
    }

    private async onRegister(request: Request): Promise<resourceProto.RegisterResourceResponse> {
        const goal = this.goalOf(request);
        const response = new resourceProto.RegisterResourceResponse();
        response.setUrn(goal.urn);
        let outcome: Outcome;
        if (this.registered.has(goal.urn)) {
            const error = new Error(`two resources have the type ${goal.type} and the name ${goal.name}`);
            this.deployment.fail(goal, "create", error);
            outcome = { status: "failed", outputs: {} };
        } else {
            this.registered.add(goal.urn);
            outcome = await register(this.deployment, goal);
        }
        const { FAIL, SKIP, SUCCESS } = resourceProto.Result;
        response.setResult(outcome.status === "done" ? SUCCESS : outcome.status === "failed" ? FAIL : SKIP);
        response.setId(outcome.id ?? "");
        response.setObject(Struct.fromJavaScript(outcome.outputs));
        return response;
    }

    private goalOf(request: Request): Goal {
        const { project, stack } = this.deployment.options;
        const type = request.getType();
        const name = request.getName();
        const urn = makeUrn(stack, project, request.getParent(), type, name);
        const timeouts = request.getCustomtimeouts()?.toObject() ?? {};
        return {
            urn,
            type,
            name,
            parent: request.getParent() || undefined,
            custom: request.getCustom(),
            inputs: toValues(request.getObject()),
            dependencies: [...new Set(request.getDependenciesList())].sort(),
            provider: providerUrn(request.getProvider()),
            protect: this.inherited(request, "protect", request.getProtect()),
            retainOnDelete: this.inherited(request, "retainOnDelete", request.getRetainondelete()),
            deletedWith: request.getDeletedwith() || undefined,
            ignoreChanges: request.getIgnorechangesList(),
            replaceOnChanges: request.getReplaceonchangesList(),
            replacementTrigger: request.hasReplacementTrigger()
                ? (request.getReplacementTrigger()?.toJavaScript() as Value)
                : undefined,
            deleteBeforeReplace: request.getDeletebeforereplacedefined() ? request.getDeletebeforereplace() : undefined,
            additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
            importId: request.getImportid() || undefined,
            aliases: request.getAliasesList().map((alias) => this.aliasUrn(alias, request)),
            timeouts: Object.fromEntries(Object.entries(timeouts).filter(([, text]) => text !== "")),
        };
    }

    /** The options protect and retainOnDelete are the parent's where the resource says nothing. */
    private inherited(request: Request, key: "protect" | "retainOnDelete", own: boolean | undefined): boolean {
        const said = key === "protect" ? request.hasProtect() : request.hasRetainondelete();
        if (said) return own ?? false;
        return this.deployment.state.find(request.getParent())?.[key] ?? false;
    }

    private aliasUrn(alias: ReturnType<Request["getAliasesList"]>[number], request: Request): string {
        const spec = alias.getSpec();
        if (!spec) return alias.getUrn();
        const { project, stack } = this.deployment.options;
        const parent = spec.getNoparent() ? "" : spec.getParenturn() || request.getParent();
        return makeUrn(
            spec.getStack() || stack,
            spec.getProject() || project,
            parent,
            spec.getType() || request.getType(),
            spec.getName() || request.getName(),
        );
    }

    private async onRead(request: resourceProto.ReadResourceRequest): Promise<resourceProto.ReadResourceResponse> {
        const { project, stack } = this.deployment.options;
        const [type, name] = [request.getType(), request.getName()];
        const urn = makeUrn(stack, project, request.getParent(), type, name);
        const provider = providerUrn(request.getProvider());
        const inputs = toValues(request.getProperties());
        const subject = { urn, type, name, inputs, timeouts: {}, ...(provider === undefined ? {} : { provider }) };
        try {
            const kind = loadKind(type);
            const context = this.deployment.context(subject, "read", false);
            const live = await kind.read?.({ id: request.getId(), inputs: plainValues(inputs), outputs: {} }, context);
            if (!live) throw new Error(`there is no ${type} with the id ${request.getId()}`);
            this.deployment.addChange(subject, "read");
            const secrets = [...request.getAdditionalsecretoutputsList(), ...(live.secretOutputs ?? [])];
            const state = markSecrets(live.outputs, secrets);
            this.reads.set(urn, state);
            const response = new resourceProto.ReadResourceResponse();
            response.setUrn(urn);
            response.setProperties(Struct.fromJavaScript(state));
            return response;
        } catch (error) {
            this.deployment.fail(subject, "read", error);
            throw error;
        }
    }

    private onInvoke(request: resourceProto.ResourceInvokeRequest): Promise<providerProto.InvokeResponse> {
        const token = request.getTok();
        if (token !== "pulumi:pulumi:getResource") {
            return Promise.reject(new Error(`the rehearsal engine does not know the function ${token}`));
        }
        const urn = text(toValues(request.getArgs()), "urn") ?? "";
        const record = this.deployment.state.find(urn);
        const state = record?.outputs ?? this.reads.get(urn);
        if (!state) return Promise.reject(new Error(`no resource ${urn} is on record`));
        const response = new providerProto.InvokeResponse();
        response.setReturn(Struct.fromJavaScript({ urn, id: record?.id ?? "", state }));
        return Promise.resolve(response);
    }
}

function toValues(struct: Struct | undefined): Values {
    return struct?.toJavaScript() ?? {};
}
