/** Where a registry says that tokens are. */
export interface Challenge {
    readonly realm: string;
    readonly service: string;
}

/** The header WWW-Authenticate: `Bearer realm="https://registry/service/token",service="harbor-registry",scope="..."`. */
export function parseChallenge(header: string | undefined): Challenge | undefined {
    if (header === undefined || !/^bearer /i.test(header)) return undefined;
    const fields = new Map(
        [...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key.toLowerCase(), value]),
    );
    const realm = fields.get("realm");
    return realm !== undefined && URL.canParse(realm) ? { realm, service: fields.get("service") ?? "" } : undefined;
}
