/** What a backup is for; beside the command line, so that `--help` does not load what only a backup needs. */
export const backupKindNames = ["regular", "snapshot"] as const;
