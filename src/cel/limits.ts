// Upstream's budgets, in units of cost; about a tenth of a microsecond each.

/** One expression. */
export const perCallLimit = 1_000_000
/** All rules of one custom resource, or all expressions of one policy for one request. */
export const runtimeBudget = 10_000_000
export const matchConditionsBudget = 2_500_000
/** The most that a rule may be estimated to cost, and all rules of a custom resource definition together. */
export const estimatedRuleLimit = 10_000_000
export const estimatedDefinitionLimit = 100_000_000
export const maxRequestBytes = 3 * 1024 * 1024
export const maxMessageBytes = 5 * 1024
