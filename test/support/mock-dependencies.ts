import type * as pulumi from "@pulumi/pulumi";
import { getMonitor } from "@pulumi/pulumi/runtime/settings";
import { evaluate, type MockResource } from "./mocks";

export interface DependentResource extends MockResource {
    /** Names of the resources that it waits for, whether they are said to be (dependsOn) or seen in its inputs. */
    readonly dependencies: readonly string[];
}

/** As far as its calls are used here: a request of the SDK to register a resource. */
interface Registration {
    getType(): string;
    getName(): string;
    getDependenciesList(): string[];
}

/** As {@link evaluate}, with what each resource waits for. */
export async function evaluateDependencies(build: () => pulumi.Resource): Promise<readonly DependentResource[]> {
    const seen = new Map<string, readonly string[]>();
    const resources = await evaluate(() => {
        const monitor = getMonitor() as unknown as { registerResource(request: Registration, done: unknown): unknown };
        const register = monitor.registerResource.bind(monitor);
        monitor.registerResource = (request, done) => {
            const names = request.getDependenciesList().map((urn) => urn.split("::").at(-1) ?? "");
            seen.set(`${request.getType()}::${request.getName()}`, names);
            return register(request, done);
        };
        return build();
    });
    return resources.map((resource) => ({
        ...resource,
        dependencies: seen.get(`${resource.type}::${resource.name}`) ?? [],
    }));
}
