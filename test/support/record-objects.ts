/**
 * kubectl on an API server that keeps the records of releases (Secrets) and upgrades (ConfigMaps), each of one key.
 * @param records by name @param beforeWrite may throw
 */
export function recordsOnly(records: Map<string, string>, beforeWrite: () => void) {
    return (_what: string, [verb, kind, name = ""]: readonly string[], input = ""): Promise<string> => {
        if (verb === "get") {
            const text = records.get(name);
            if (text === undefined) return Promise.resolve("");
            const data =
                kind === "secret" ? { "release.json": Buffer.from(text).toString("base64") } : { "upgrade.json": text };
            return Promise.resolve(JSON.stringify({ data }));
        }
        beforeWrite();
        const { metadata, data } = JSON.parse(input) as {
            metadata: { name: string };
            data: Record<string, string>;
        };
        records.set(metadata.name, Buffer.from(data["release.json"] ?? "", "base64").toString());
        return Promise.resolve("");
    };
}
