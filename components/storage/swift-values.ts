import type { Settings } from "../../config/schema";
import type { ChartValues } from "../chart-values";

export type SwiftSettings = Extract<Settings["storage"], { kind: "swift" }>;

/**
 * The chart's `imageChartStorage` for a container on Swift. The registry's driver signs in by user and password alone,
 * and makes the container where it is missing (distribution 2.8, swift.go).
 * @param existingSecret with the password
 */
export function swiftValues(settings: SwiftSettings, existingSecret: string | undefined): ChartValues {
    const { authUrl, container, region, tenant, domain, username, redirect, caSecret, skipVerify } = settings;
    return {
        type: "swift",
        disableredirect: redirect !== true,
        ...(caSecret === undefined ? {} : { caBundleSecretName: caSecret }),
        swift: {
            authurl: authUrl,
            container,
            username,
            domain,
            ...(region === undefined ? {} : { region }),
            ...(tenant === undefined ? {} : { tenant }),
            ...(skipVerify === true ? { insecureskipverify: true } : {}),
            existingSecret,
        },
    };
}
