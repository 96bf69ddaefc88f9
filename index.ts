import { Registry } from "./components/registry";
import { readSettings } from "./config/read-settings";

/** The program: settings, one registry, the stack's outputs (config/contract.ts). */
const registry = new Registry("registry", readSettings());

export const registryUrl = registry.registryUrl;
export const namespace = registry.namespace;
export const release = registry.release;
export const admin = registry.admin;
export const exposure = registry.exposure;
export const cluster = registry.cluster;
export const database = registry.database;
export const storage = registry.storage;
export const encryptionKey = registry.encryptionKey;
export const backup = registry.backup;
