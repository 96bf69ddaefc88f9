/** What `plan` can be printed as. Apart from plan.ts, so that the command line does not load what only that verb needs. */
export const planFormats = ["text", "markdown", "mermaid", "json"] as const;
export type PlanFormat = (typeof planFormats)[number];
