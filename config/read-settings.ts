import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { allConfig } from "@pulumi/pulumi/runtime/config";
import { codeOf, UserError } from "../lib/errors";
import { labEndpointsFile, type LabEndpoints } from "../lib/home";
import { rawSettings } from "./raw-settings";
import { labCommand } from "../lib/lab-commands";
import type { Settings } from "./schema";
import { parseSettings } from "./settings";
import { withLab } from "./stand-in";

/** The settings, and the lab where the stack is on one. */
export interface StackSettings {
    readonly settings: Settings;
    readonly lab?: LabEndpoints;
}

/**
 * The settings of the stack that runs. The one place that reads Pulumi's configuration.
 * @throws pulumi.RunError, which Pulumi shows without a stack trace; its cause is the UserError
 */
export function readSettings(): StackSettings {
    try {
        return read();
    } catch (error) {
        if (!(error instanceof UserError)) throw error;
        throw Object.assign(new pulumi.RunError(error.render()), { cause: error });
    }
}

function read(): StackSettings {
    const settings = parseSettings(rawSettings(allConfig(), pulumi.getProject()));
    if (settings.cluster.kind !== "lab") return { settings };
    const lab = readLab(settings.cluster.name);
    const { backup } = settings;
    const shared = backup.kind === "velero" && backup.location.kind === "s3" ? backup.location.lab : undefined;
    const others = shared === undefined ? {} : { [shared]: readLab(shared) };
    return { settings: withLab(settings, lab, others), lab };
}

function readLab(name: string): LabEndpoints {
    try {
        return JSON.parse(readFileSync(labEndpointsFile(name), "utf8")) as LabEndpoints;
    } catch (error) {
        if (codeOf(error) !== "ENOENT") throw error;
        throw new UserError(`the stack is on lab ${JSON.stringify(name)}, which does not exist`, {
            next: [labCommand("start", name)],
        });
    }
}
