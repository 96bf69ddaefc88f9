const units = { Mi: 1024 ** 2, Gi: 1024 ** 3, Ti: 1024 ** 4 } as const;

/** Bytes of a size such as 50Mi. @throws Error for a text that the schema would not have let through */
export function bytesOf(size: string): number {
    const [, count, unit] = /^(\d+)(Mi|Gi|Ti)$/.exec(size) ?? [];
    if (count === undefined) throw new Error(`${size} is no size`);
    return Number(count) * units[unit as keyof typeof units];
}
