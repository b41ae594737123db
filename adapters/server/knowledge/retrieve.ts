import { nearness } from './sameness.js'
import { numberOf, textOf } from './sent.js'
import { type Likeness, type Similar, similarTo } from './similar.js'
import { type CandidateFeatures, STRATEGIES, type StrategyName } from './strategies.js'
import type { Service } from '../service.js'

/** A candidate in its place. */
export interface Ranked {
  readonly similar: Similar
  /** The sum of the contributions. */
  readonly score: number
  readonly features: CandidateFeatures
  /** Weight × feature, of each. */
  readonly contributions: CandidateFeatures
}

/** Candidates that are put in order: the most similar there are. */
const POOL = 200
const HALF_LIFE_MS = 30 * 86_400_000
/** What clients send where they mean no one in particular. */
const ANYBODY = 'AI_AGENT'
const NAMES = ['similarity', 'exact', 'recency', 'consequence', 'value'] as const

/** Everything a strategy can choose from. */
export async function poolFor(service: Service, like: Likeness): Promise<readonly Similar[]> {
  return similarTo(service, like, POOL)
}

/** The candidates as a strategy puts them, best first; the more similar one before another of the same score. */
export function rank(pool: readonly Similar[], like: Likeness, strategy: StrategyName, now: number): readonly Ranked[] {
  const { weights } = STRATEGIES[strategy]
  return pool
    .map(similar => {
      const features = featuresOf(similar, like, now)
      const contributions = mapped(name => weights[name] * features[name])
      return { similar, features, contributions, score: NAMES.reduce((sum, name) => sum + contributions[name], 0) }
    })
    .toSorted((a, b) => b.score - a.score || b.similar.similarity - a.similar.similarity)
}

function featuresOf({ similarity, isBad, known }: Similar, like: Likeness, now: number): CandidateFeatures {
  const heard = known !== undefined && known.outcomes.length > 0 ? 0.5 : 0
  return {
    similarity,
    exact: known !== undefined && isSame(known, like) ? 1 : 0,
    recency: known === undefined ? 0 : 0.5 ** (Math.max(0, now - known.at) / HALF_LIFE_MS),
    consequence: isBad ? 1 : heard,
    value: nearness(numberOf(like.value), known?.value),
  }
}

/** A name that the question leaves open is no difference. */
function isSame(known: NonNullable<Similar['known']>, like: Likeness): boolean {
  return (
    is(textOf(like.tool), known.tool) &&
    is(textOf(like.action), known.action) &&
    is(textOf(like.domain), known.domain) &&
    is(like.actor === ANYBODY ? undefined : textOf(like.actor), known.actor) &&
    is(textOf(like.target), known.target) &&
    is(numberOf(like.value), known.value)
  )
}

function is(asked: unknown, value: unknown): boolean {
  return asked === undefined || asked === value
}

function mapped(of: (name: keyof CandidateFeatures) => number): CandidateFeatures {
  return {
    similarity: of('similarity'),
    exact: of('exact'),
    recency: of('recency'),
    consequence: of('consequence'),
    value: of('value'),
  }
}
