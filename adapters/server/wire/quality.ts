import type { DecisionRecord, RecommendationQuality } from 'countersign'
import type { OutcomeMeanings } from '../../../src/learn/insight/label.js'
import { riskOf } from './answer.js'
import { categoryOf } from './outcome.js'
import { timeOf } from './time.js'

type Figures = Pick<RecommendationQuality, 'totalWithOutcome' | 'followRate' | 'positiveAfterFollowing' | 'quadrants'>
type Example = RecommendationQuality['examples']['helped'][number]

/** Where the decisions of examples are looked up, and what their outcomes mean. */
export interface ExampleSource {
  readonly governor: { readonly decisions: { readonly get: (id: string) => Promise<DecisionRecord | undefined> } }
  readonly outcomes: OutcomeMeanings
}

/** Whether recommendations were followed, and how that turned out, as clients know it. */
export async function writeQuality(source: ExampleSource, quality: RecommendationQuality) {
  const { byDomain, byActor, trend, examples, decisions, truncated } = quality
  const written = (of: readonly Example[], followed: boolean) =>
    Promise.all(of.map(example => writeExample(source, example, followed)))
  return {
    ...writeFigures(quality),
    by_domain: byDomain.map(of => Object.assign({ domain: of.domain }, writeGroup(of))),
    by_actor: byActor.map(of => Object.assign({ actor: of.actor, actor_type: of.actor }, writeGroup(of))),
    trend: trend.map(of => Object.assign({ week: of.week }, writeGroup(of))),
    examples: { helped: await written(examples.helped, true), missed: await written(examples.missed, false) },
    decisions_read: decisions,
    truncated,
  }
}

function writeGroup(of: Figures) {
  const { followedPositive, followedNegative, ignoredPositive, ignoredNegative } = of.quadrants
  return {
    total: of.totalWithOutcome,
    followed: followedPositive + followedNegative,
    ignored: ignoredPositive + ignoredNegative,
    followed_positive: followedPositive,
    ignored_negative: ignoredNegative,
    ...writeFigures(of),
  }
}

function writeFigures({ totalWithOutcome, followRate, positiveAfterFollowing, quadrants }: Figures) {
  return {
    total_with_outcome: totalWithOutcome,
    follow_rate: followRate ?? null,
    positive_after_following: positiveAfterFollowing ?? null,
    quadrants: {
      followed_positive: quadrants.followedPositive,
      followed_negative: quadrants.followedNegative,
      ignored_positive: quadrants.ignoredPositive,
      ignored_negative: quadrants.ignoredNegative,
    },
  }
}

async function writeExample({ governor, outcomes }: ExampleSource, example: Example, followed: boolean) {
  const { decisionId, at, tool, actor, domain, recommendation } = example
  const decision = await governor.decisions.get(decisionId)
  const last = decision?.outcomes.toSorted((a, b) => a.at - b.at).at(-1)
  return {
    request_id: decisionId,
    at: timeOf(at),
    tool,
    action: decision?.action ?? tool,
    actor,
    domain: domain ?? null,
    recommendation,
    recommendation_followed: followed,
    verdict_was: decision?.result ?? null,
    risk_score_was: decision === undefined ? null : riskOf(decision),
    outcome_id: last?.id ?? null,
    status: last?.status ?? null,
    category: last === undefined ? null : categoryOf(last, outcomes),
    description: last?.description ?? '',
    reported_at: last === undefined ? null : timeOf(last.at),
  }
}
