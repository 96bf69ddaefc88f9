import path from "node:path";
import { callInThread, loadInThread } from "../../thread";

type Certificates = typeof import("./certificates");
const module = path.join(__dirname, "certificates.ts");

/** Has the second thread load what makes certificates: a third of a second that none of them waits for then. */
export function loadCertificates(): void {
    loadInThread(module);
}

/** Calls a function of certificates.ts in the second thread. */
export const inThread = <F extends keyof Certificates>(
    name: F,
    ...args: Parameters<Certificates[F]>
): Promise<Awaited<ReturnType<Certificates[F]>>> => callInThread<Certificates, F>(module, name, ...args);
