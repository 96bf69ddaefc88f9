import type { Settings } from "../schema";

/** What does not fit between the certificate, the name that clients type and the way they take. */
export function checkTls({ tls }: Settings): string[] {
    void tls;
    return [];
}
