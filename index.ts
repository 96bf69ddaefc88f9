import { Registry } from "./components/registry";
import { readSettings } from "./config/read-settings";

/** The program: settings, one registry, the stack's outputs (config/contract.ts). */
const registry = new Registry("registry", readSettings());
const { registryUrl, namespace, release, admin, exposure, cluster, database, storage, encryptionKey, backup } =
    registry;

export = {
    registryUrl,
    namespace,
    release,
    admin,
    exposure,
    cluster,
    database,
    storage,
    encryptionKey,
    // Pulumi warns of an output that is undefined, at every update.
    ...(backup === undefined ? {} : { backup }),
};
