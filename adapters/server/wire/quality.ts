import type { RecommendationQuality } from 'countersign'
import { timeOf } from './time.js'

type Figures = Pick<RecommendationQuality, 'totalWithOutcome' | 'followRate' | 'positiveAfterFollowing' | 'quadrants'>
type Example = RecommendationQuality['examples']['helped'][number]

/** Whether recommendations were followed, and how that turned out, as clients know it. */
export function writeQuality(quality: RecommendationQuality) {
  const { byDomain, byActor, trend, examples, decisions, truncated } = quality
  return {
    ...writeFigures(quality),
    by_domain: byDomain.map(of => Object.assign({ domain: of.domain }, writeFigures(of))),
    by_actor: byActor.map(of => Object.assign({ actor: of.actor }, writeFigures(of))),
    trend: trend.map(of => {
      const { followedPositive, followedNegative, ignoredPositive, ignoredNegative } = of.quadrants
      const followed = followedPositive + followedNegative
      const ignored = ignoredPositive + ignoredNegative
      return Object.assign({ week: of.week, total: of.totalWithOutcome, followed, ignored }, writeFigures(of))
    }),
    examples: { helped: examples.helped.map(writeExample), missed: examples.missed.map(writeExample) },
    decisions_read: decisions,
    truncated,
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

function writeExample({ decisionId, at, tool, actor, domain, recommendation }: Example) {
  return { request_id: decisionId, at: timeOf(at), tool, actor, domain: domain ?? null, recommendation }
}
