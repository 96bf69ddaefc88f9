import * as pulumi from "@pulumi/pulumi";
import { getMonitor } from "@pulumi/pulumi/runtime/settings";
import { generated } from "./mocks";

export interface EvaluatedResource {
    readonly type: string;
    readonly name: string;
    readonly inputs: Readonly<Record<string, unknown>>;
    /** Names of the resources that it waits for, whether they are said to be (dependsOn) or seen in its inputs. */
    readonly dependencies: readonly string[];
}

/** As far as its calls are used here: a request of the SDK to register a resource. */
interface Registration {
    getType(): string;
    getName(): string;
    getDependenciesList(): string[];
}

/** Makes components under Pulumi's mocks: every resource in the order of registration, passwords recognisable. */
export async function evaluate(build: () => void): Promise<readonly EvaluatedResource[]> {
    const inputs = new Map<string, Readonly<Record<string, unknown>>>();
    await pulumi.runtime.setMocks(
        {
            newResource: ({ type, name, inputs: given }) => {
                inputs.set(`${type}::${name}`, given as Record<string, unknown>);
                const password = type.startsWith("random:") ? { result: generated(name) } : {};
                return { id: `${name}-id`, state: { ...(given as object), ...password } };
            },
            call: ({ token }) => {
                throw new Error(`unexpected call of ${token}`);
            },
        },
        "anchorage",
        "test",
        false,
    );
    const seen: Registration[] = [];
    const monitor = getMonitor() as unknown as { registerResource(request: Registration, done: unknown): unknown };
    const register = monitor.registerResource.bind(monitor);
    monitor.registerResource = (request, done) => {
        seen.push(request);
        return register(request, done);
    };
    build();
    await pulumi.runtime.disconnect();
    return seen.map((request) => ({
        type: request.getType(),
        name: request.getName(),
        inputs: inputs.get(`${request.getType()}::${request.getName()}`) ?? {},
        dependencies: request.getDependenciesList().map((urn) => urn.split("::").at(-1) ?? ""),
    }));
}
