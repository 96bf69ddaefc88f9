import { compact } from "../http/reply";
import type { Row } from "../store/collection";
import type { RegistryEndpoint } from "../store/records";

/** A registry as the API shows it: its secret masked. */
export function showRegistry(registry: Row<RegistryEndpoint>): object {
    const { credential } = registry;
    return compact(
        {
            id: registry.id,
            name: registry.name,
            url: registry.url,
            type: registry.type,
            description: registry.description,
            insecure: registry.insecure,
            ca_certificate: registry.ca_certificate,
            status: "healthy",
            credential:
                credential.access_key === "" && credential.type === ""
                    ? {}
                    : compact({ ...credential, access_secret: "*****" }),
            creation_time: registry.creation_time,
            update_time: registry.update_time,
        },
        "id",
    );
}
