import type { HarborClient } from "../../harbor/client/client";
import type { Image } from "../../harbor/registry/image";
import type { RegistryClient } from "../../harbor/registry/registry-client";
import { UserError } from "../../lib/errors";
import type { ClusterDoor } from "../cluster-access";
import type { Target } from "./target";

/** What the steps of one verification work on, and tell each other. */
export interface Verification {
    readonly target: Target;
    readonly harbor: HarborClient;
    readonly registry: RegistryClient;
    readonly door: ClusterDoor & { readonly env: NodeJS.ProcessEnv };
    /** Name of the project that it makes: nobody else's. */
    readonly project: string;
    /** Within the project; has a slash, which Harbor's API takes only encoded twice. */
    readonly repository: string;
    readonly tag: string;
    readonly image: Image;
    /** Milliseconds that a scan may take: the first one waits for Trivy's database. */
    readonly scanTimeoutMs: number;
    /** Milliseconds until content trust and signatures have to show. */
    readonly trustTimeoutMs: number;
}

/** Names of projects that verify makes begin with it. */
export const projectPrefix = "anchorage-verify-";

/** As a container client writes it: project and repository. */
export function imageName({ project, repository }: Verification): string {
    return `${project}/${repository}`;
}

/** Something answers, and not as it should. */
export function wrong(message: string, details: readonly string[] = [], next: readonly string[] = []): UserError {
    return new UserError(message, { details, next });
}
