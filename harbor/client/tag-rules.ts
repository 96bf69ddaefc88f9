/** Which tags or repositories a rule is about. */
export interface Selector {
    readonly kind: "doublestar";
    /** `matches`, `excludes`, `repoMatches`, `repoExcludes` */
    readonly decoration: string;
    readonly pattern: string;
    readonly extras?: string;
}

/** A rule of retention or immutability. */
export interface TagRule {
    readonly id?: number;
    readonly priority?: number;
    readonly disabled: boolean;
    /** `retain` or `immutable` */
    readonly action: string;
    /** `latestPushedK`, `nDaysSinceLastPush`, `always`, `immutable_template`, ... */
    readonly template: string;
    readonly params?: Readonly<Record<string, unknown>>;
    readonly tag_selectors: readonly Selector[];
    readonly scope_selectors: { readonly repository: readonly Selector[] };
}

export const tagRuleShape = { defaults: { disabled: false } } as const;
