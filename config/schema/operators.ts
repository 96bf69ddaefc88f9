import { z } from "zod";

/** Ids of the operators and controllers that the program can install; their charts stand in the catalogue. */
export const operatorIds = [
    "cert-manager",
    "ingress-nginx",
    "envoy-gateway",
    "traefik",
    "cloudnative-pg",
    "zalando",
    "redis-ot",
    "redis-spotahome",
    "velero",
] as const;
export type OperatorId = (typeof operatorIds)[number];

const operator = z.strictObject({
    version: z
        .string()
        .regex(/^v?\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/, "must be a chart's version, such as 0.28.2")
        .optional()
        .describe("version of its chart; default: the catalogue's. `upgrade rollback` sets it"),
    installed: z.boolean().default(false).describe("the cluster has it already: it is used, and left alone"),
});

export const operators = z.strictObject(
    Object.fromEntries(
        operatorIds.map((id) => [id, operator.prefault({}).describe(`what the program does about ${id}`)]),
    ) as unknown as Record<OperatorId, z.ZodPrefault<typeof operator>>,
);
