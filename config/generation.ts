type Raw = Readonly<Record<string, unknown>>;

/**
 * Kinds of the parts that a stack names no kind for, by generation: `seed` is the course's, `current` what is alive
 * upstream today (facts of the catalogue).
 */
export const generations = {
    seed: {
        database: { kind: "zalando" },
        cache: { kind: "redis-spotahome" },
        exposure: { kind: "ingress", controller: "ingress-nginx" },
    },
    current: {
        database: { kind: "cloudnative-pg" },
        cache: { kind: "redis-ot" },
        exposure: { kind: "route", controller: "envoy-gateway" },
    },
} as const;

/** Fills in the generation's kind for each part that is set without one; a part that is not set stays out. */
export function withGeneration(raw: Raw): Raw {
    const generation = raw["generation"] === "seed" ? generations.seed : generations.current;
    const filled = Object.entries(generation).flatMap(([part, defaults]) => {
        const given = raw[part];
        return isMap(given) && !("kind" in given) ? [[part, { ...defaults, ...given }] as const] : [];
    });
    return { ...raw, ...Object.fromEntries(filled) };
}

function isMap(value: unknown): value is Raw {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
