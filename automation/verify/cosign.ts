import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { codeOf } from "../../lib/errors";
import { imageName, type Verification } from "./verification";

export interface Cosign {
    readonly file: string;
    /** `3.0.2` */
    readonly version: string;
}

/** The cosign of `$ANCHORAGE_COSIGN`, or the one on PATH; undefined where there is none. */
export async function findCosign({ exec, env, signal }: Verification["door"]): Promise<Cosign | undefined> {
    const file = env["ANCHORAGE_COSIGN"] ?? "cosign";
    try {
        const { stdout, stderr } = await exec(file, ["version"], { signal });
        const version = /v?(\d+\.\d+\.\d+)/.exec(`${stdout}\n${stderr}`)?.[1];
        return { file, version: version ?? "0.0.0" };
    } catch (error) {
        if (codeOf(error) === "ENOENT" && env["ANCHORAGE_COSIGN"] === undefined) return undefined;
        throw error;
    }
}

/**
 * Signs an image with a key of its own that is gone afterwards, and without the public transparency log, which has no
 * business with a test. Password and key are in files of a folder that only this user may read.
 */
export async function signWithCosign(cosign: Cosign, verification: Verification, digest: string): Promise<void> {
    const { target, door } = verification;
    const folder = await mkdtemp(path.join(tmpdir(), "anchorage-cosign-"));
    try {
        const { host, protocol } = new URL(target.url);
        const auth = Buffer.from(`${target.user}:${target.password}`).toString("base64");
        const docker = JSON.stringify({ auths: { [host]: { auth } } });
        await writeFile(path.join(folder, "config.json"), docker, { mode: 0o600 });
        const ca = path.join(folder, "ca.crt");
        if (target.ca !== undefined) await writeFile(ca, target.ca);
        const options = {
            cwd: folder,
            signal: door.signal,
            env: {
                DOCKER_CONFIG: folder,
                COSIGN_PASSWORD: "",
                ...(target.ca === undefined ? {} : { SSL_CERT_FILE: ca }),
            },
        };
        await door.exec(cosign.file, ["generate-key-pair"], options);
        const flags = [...signingFlags(cosign.version), ...(protocol === "http:" ? ["--allow-http-registry"] : [])];
        const image = `${host}/${imageName(verification)}@${digest}`;
        await door.exec(cosign.file, ["sign", "--yes", "--key", "cosign.key", ...flags, image], options);
    } finally {
        await rm(folder, { recursive: true, force: true });
    }
}

/**
 * Version 3 takes the log from a signing configuration that it would fetch. Harbor before 2.15 knows the old form of
 * a signature alone, and so does every later one: so the old form it is.
 */
function signingFlags(version: string): string[] {
    const [major = 0] = version.split(".").map(Number);
    return major >= 3
        ? ["--use-signing-config=false", "--new-bundle-format=false", "--tlog-upload=false"]
        : ["--tlog-upload=false"];
}
