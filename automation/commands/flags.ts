import { positiveInteger } from "./numbers";

/** Flags that several verbs have. */

export const yes = ["-y, --yes", "do not ask"] as const;

export const acceptEngineChange = [
    "--accept-engine-change",
    "let a new Harbor rewrite its internal database, after a backup",
] as const;

export const policyPack = [
    "--policy-pack <folder...>",
    "policy packs (Pulumi's) to keep; that of this project is policies",
] as const;

export const allow = [
    "--allow <danger...>",
    "dangers that are wanted, as the report names them: database-volume",
] as const;

export const lockTimeout = [
    "--lock-timeout <seconds>",
    "how long to wait for another update of the stack (default: refused at once)",
    positiveInteger,
] as const;
