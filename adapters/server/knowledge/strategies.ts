/** What a strategy weighs, each 0..1 of a candidate. */
export interface CandidateFeatures {
  /** Of the two calls: the share of what they have in common, rare values above all. */
  readonly similarity: number
  /** 1 where everything that the question names (tool, action, domain, actor, value, target) is the same, else 0. */
  readonly exact: number
  /** Half of it is lost every 30 days. */
  readonly recency: number
  /** 1 where a person refused the call or the world punished it; else 0.5 where an outcome was reported, 0 where a person's answer is all there is. */
  readonly consequence: number
  /** 1 − |a − b| ÷ the larger, of what is at stake; 0 where either is unknown. */
  readonly value: number
}

/** How candidates are put in order: by the sum of weight × feature. The weights add up to 1. */
export interface Strategy {
  readonly description: string
  readonly weights: CandidateFeatures
}

/** The strategies there are. */
export const STRATEGIES = {
  balanced: {
    description: 'What is most alike, with some regard to what came of it, how long ago it was and what was at stake',
    weights: { similarity: 0.55, exact: 0.1, recency: 0.15, consequence: 0.1, value: 0.1 },
  },
  'consequence-focused': {
    description: 'What went wrong before, among calls that are alike',
    weights: { similarity: 0.4, exact: 0, recency: 0.05, consequence: 0.45, value: 0.1 },
  },
  recent: {
    description: 'What was decided last, among calls that are alike',
    weights: { similarity: 0.4, exact: 0, recency: 0.6, consequence: 0, value: 0 },
  },
  'exact-first': {
    description: 'The very same call first, then what is most alike',
    weights: { similarity: 0.35, exact: 0.6, recency: 0.05, consequence: 0, value: 0 },
  },
} as const satisfies Readonly<Record<string, Strategy>>

/** Name of a strategy. */
export type StrategyName = keyof typeof STRATEGIES

/** The strategy of a name; nothing where there is none. */
export function strategyNamed(name: string): StrategyName | undefined {
  return Object.hasOwn(STRATEGIES, name) ? (name as StrategyName) : undefined
}
