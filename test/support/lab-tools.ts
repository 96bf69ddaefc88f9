import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { exec } from "../../lib/exec";
import type { ReleaseFile, ToolEntry } from "../../lab/tools/catalogue";
import type { ResolveOptions, ToolProgress } from "../../lab/tools/resolver";

/** A small tool in a temporary folder, a `go` of our own on PATH, and a server of releases. */
export class ToolBench {
    readonly progress: ToolProgress[] = [];

    private constructor(readonly folder: string) {}

    static async make(): Promise<ToolBench> {
        const bench = new ToolBench(await mkdtemp(path.join(tmpdir(), "anchorage-tools-")));
        await mkdir(bench.moduleFolder);
        await mkdir(bench.programs);
        await writeFile(
            path.join(bench.moduleFolder, "go.mod"),
            "module anchorage/tiny\n\ngo 1.24.0\n\nrequire example.com/tiny v1.2.3\n\ntool example.com/tiny/cmd/alpha\n",
        );
        await writeFile(path.join(bench.moduleFolder, "go.sum"), "");
        return bench;
    }

    async remove(): Promise<void> {
        await rm(this.folder, { recursive: true, force: true });
    }

    get moduleFolder(): string {
        return path.join(this.folder, "module");
    }

    get programs(): string {
        return path.join(this.folder, "programs");
    }

    get cache(): string {
        return path.join(this.folder, "cache");
    }

    /** Two binaries, one of which Go leaves under another name. */
    entry(release?: readonly ReleaseFile[], name: ToolEntry["name"] = "kwok"): ToolEntry {
        return {
            name,
            module: "example.com/tiny",
            folder: this.moduleFolder,
            binaries: [{ name: "alpha" }, { name: "beta-two", builtAs: "server" }],
            stamps: (version) => ({ "main.version": version }),
            release: () => release,
        };
    }

    options(more: Partial<ResolveOptions> = {}): ResolveOptions {
        return {
            exec,
            env: { PATH: this.programs, ANCHORAGE_RELEASES: "off" },
            cacheFolder: this.cache,
            catalogue: [this.entry()],
            onProgress: (progress) => this.progress.push(progress),
            ...more,
        };
    }

    /**
     * Puts a shell script named `go` on PATH; in it, $out is the folder of `-o`. PATH holds nothing else.
     * `go list` tells three packages, `go version` an old one; the script is `go build`.
     */
    async go(script: string): Promise<void> {
        const file = path.join(this.programs, "go");
        const head = [
            "#!/bin/sh",
            "PATH=/usr/local/bin:/usr/bin:/bin",
            '[ "$1" = list ] && { printf "fmt\\nexample.com/x/y\\nexample.com/tiny/cmd/alpha\\n"; exit 0; }',
            `while [ $# -gt 0 ]; do [ "$1" = -o ] && out="$2"; [ "$1" = version ] && { echo "go version go1.20.1 linux/amd64"; exit 0; }; shift; done`,
        ];
        await writeFile(file, [...head, script, ""].join("\n"));
        await chmod(file, 0o755);
    }

    /** A `go` that builds both binaries, and appends one line to {@link builds} each time. */
    async goThatBuilds(before = ""): Promise<void> {
        await this.go(
            [
                `echo built >> ${this.builds}`,
                "echo example.com/tiny/cmd/alpha >&2",
                before,
                `printf '#!/bin/sh\\necho built' > "$out/alpha"; cp "$out/alpha" "$out/server"`,
            ].join("\n"),
        );
    }

    get builds(): string {
        return path.join(this.folder, "builds");
    }
}

export type Route = Buffer | string | ((request: IncomingMessage, response: ServerResponse) => void);

/** A server of releases on loopback; a path that it has no route for is a 404. */
export async function releaseServer(
    routes: Readonly<Record<string, Route>>,
): Promise<{ url: string; asked: string[]; stop: () => Promise<void> }> {
    const asked: string[] = [];
    const server: Server = createServer((request, response) => {
        asked.push(request.url ?? "");
        const route = routes[request.url ?? ""];
        if (route === undefined) response.writeHead(404).end();
        else if (typeof route === "function") route(request, response);
        else response.end(route);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the server has no port");
    return {
        url: `http://127.0.0.1:${String(address.port)}`,
        asked,
        stop: async () => {
            server.closeAllConnections();
            server.close();
            await once(server, "close");
        },
    };
}

export function sha256(content: Buffer | string): string {
    return createHash("sha256").update(content).digest("hex");
}
