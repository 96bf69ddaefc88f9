import type { ExposureOutput } from "../config/contract";
import type { Settings } from "../config/schema";
import { names } from "./names";

export interface Exposure {
    /** What clients type. */
    readonly registryUrl: string;
    /** The chart's `expose`. */
    readonly values: object;
    readonly output: ExposureOutput;
}

/** How clients reach the registry. Inside the cluster, the chart's own nginx is the one door, forwarded to this machine. */
export function exposureOf(exposure: Settings["exposure"], externalUrl: string | undefined): Exposure {
    if (exposure.kind !== "clusterIP") throw new Error(`exposure.kind ${exposure.kind} is not built yet`);
    const { localPort } = exposure;
    const servicePort = 80;
    return {
        registryUrl: externalUrl ?? `http://localhost:${String(localPort)}`,
        values: {
            type: "clusterIP",
            tls: { enabled: false },
            clusterIP: { name: names.release, ports: { httpPort: servicePort } },
        },
        output: { kind: "clusterIP", service: names.release, servicePort, localPort },
    };
}
