import { randomBytes, randomUUID } from "node:crypto";
import { ExitCode, UserError } from "../lib/errors";
import { readFileIfPresent, writeFileAtomic } from "../lib/files";
import { labCommand } from "../lib/lab-commands";
import { labFormat, type LabLayout } from "./layout";

/** What makes a lab this lab; made once, at its first start. */
export interface LabIdentity {
    readonly format: number;
    /** Also in the ConfigMap that marks the cluster. */
    readonly id: string;
    readonly nodes: number;
    readonly s3: { readonly accessKey: string; readonly secretKey: string; readonly port: number };
    /** Of a lab that was started with the registry's program. */
    readonly harbor?: { readonly port: number };
}

/** The identity on record, or undefined for a lab that was never started. @throws UserError for another format */
export async function readIdentity(name: string, layout: LabLayout): Promise<LabIdentity | undefined> {
    const text = await readFileIfPresent(layout.identity);
    if (text === undefined) return undefined;
    let identity: LabIdentity;
    try {
        identity = JSON.parse(text) as LabIdentity;
    } catch (error) {
        throw new UserError(`${layout.identity} is damaged`, { next: [labCommand("reset", name)], cause: error });
    }
    if (identity.format !== labFormat) {
        throw new UserError(
            `lab ${name} has format ${String(identity.format)}, and this version of anchorage works with ${String(labFormat)}`,
            {
                details: [layout.folder],
                next: [`${labCommand("reset", name)} (deletes what is in it)`],
                exitCode: ExitCode.refused,
            },
        );
    }
    return identity;
}

/** The identity of a lab that there must be. @throws UserError where there is none */
export async function requireIdentity(name: string, layout: LabLayout): Promise<LabIdentity> {
    const identity = await readIdentity(name, layout);
    if (identity !== undefined) return identity;
    throw new UserError(`there is no lab ${JSON.stringify(name)}`, { next: [labCommand("start", name)] });
}

export async function createIdentity(layout: LabLayout, nodes: number, s3Port: number): Promise<LabIdentity> {
    const identity: LabIdentity = {
        format: labFormat,
        id: randomUUID(),
        nodes,
        s3: {
            accessKey: randomBytes(10).toString("hex").toUpperCase(),
            secretKey: randomBytes(30).toString("base64url"),
            port: s3Port,
        },
    };
    await saveIdentity(layout, identity);
    return identity;
}

async function saveIdentity(layout: LabLayout, identity: LabIdentity): Promise<void> {
    await writeFileAtomic(layout.identity, JSON.stringify(identity, undefined, 2), 0o600);
}

/** @throws UserError for a name that is no DNS label, or too long for one of its parts */
export function requireName(name: string): void {
    if (/^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$/.test(name)) return;
    throw new UserError(`${JSON.stringify(name)} cannot be the name of a lab`, {
        details: ["lower-case letters, digits and hyphens, at most 32, a letter or digit at both ends"],
        exitCode: ExitCode.usage,
    });
}
