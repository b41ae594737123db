import { present } from '../../../ambient.js'
import type { InsightSource } from '../cases.js'
import { checkFilter } from '../filter.js'
import { walk } from '../walk.js'
import { TuningEvidence } from './collect.js'
import { EffectCounter, visitAll } from './effect.js'
import { policyText } from './policy-text.js'
import type { Bar, Proposal } from './proposal.js'
import { propose } from './propose.js'
import type { MemoryRecommendations, PolicyTuning, RecommendationOptions } from './recommendation.js'
import type { TuningScope } from './recut.js'
import type { Court } from './replay.js'

const DAY_MS = 86_400_000
const USUAL_LIMIT = 10
const MOST = 100

/** When something is proposed where nothing is said; see {@link RecommendationOptions}. */
const USUAL_BAR: Bar = {
  minEvents: 20,
  minBlockedRate: 0.15,
  minApprovalRate: 0.1,
  minToolErrorRate: 0.05,
  maxRefusalRate: 0.05,
  confidence: 0.95,
}

const RATE = [0, 1] as const
/** Neither end: a bound on nothing, or with certainty, cannot be had from what was seen. */
const OPEN_RATE = [0.000_001, 0.999_999] as const
const RANGES = {
  windowMs: [1, Infinity],
  minEvents: [1, Infinity],
  minBlockedRate: RATE,
  minApprovalRate: RATE,
  minToolErrorRate: RATE,
  maxRefusalRate: OPEN_RATE,
  confidence: OPEN_RATE,
  limit: [1, MOST],
} as const

/** Changes to the policy that the time up to `now` suggests. Reads that time twice: for what it suggests, and for what that would have done. */
export async function recommendations(
  { store, meanings }: InsightSource,
  court: Court,
  now: number,
  options: RecommendationOptions = {},
): Promise<MemoryRecommendations> {
  checkFilter(options, 'memory.recommendations', RANGES, ['includeExamples'])
  const { windowMs = DAY_MS, limit = USUAL_LIMIT, includeExamples = true } = options
  const { tool, actor, domain, tenant, maxRecords } = options
  const within = { since: Math.max(0, now - windowMs), until: now + 1 }
  const filter = { ...present({ tool, actor, domain, tenant, maxRecords }), ...within }
  await court.policy.ready?.()
  const evidence = new TuningEvidence(court, meanings)
  let oldest = now
  const coverage = await walk(store, filter, (record, approval) => {
    oldest = Math.min(oldest, record.at)
    evidence.add(record, approval)
  })
  const confined = present({ actor, domain, tenant: tenant ?? undefined })
  const bar = { ...USUAL_BAR, ...present(pick(options)) }
  const proposals = propose(evidence, { court, bar, confined }).slice(0, Math.floor(limit))
  const counters = proposals.map(proposal => new EffectCounter(court, proposal))
  // Of the same decisions: where there were too many, the older held ones are not to count either.
  const held = { ...filter, since: oldest, result: 'requires_approval' } as const
  if (proposals.length > 0) await walk(store, held, visitAll(counters, meanings))
  const { name } = court.policy
  const version = await court.policy.version()
  const write = (proposal: Proposal, index: number): PolicyTuning => ({
    recommendationId: idOf(proposal, version),
    ...written(proposal),
    windowMs,
    effect: counters[index]?.effect ?? NO_EFFECT,
    ...(includeExamples ? { examples: proposal.about.examples } : {}),
  })
  return { ...coverage, windowMs, generatedAt: now, policy: { name, version }, recommendations: proposals.map(write) }
}

const NO_EFFECT = { askedLess: 0, askedMore: 0, refused: 0, bad: 0, unlabelled: 0 }
const TIGHTENS = new Set<Proposal['type']>(['policy_tuning_deny', 'repeatedly_failing'])

function written(proposal: Proposal): Omit<PolicyTuning, 'recommendationId' | 'windowMs' | 'effect' | 'examples'> {
  const { type, scope, targetRuleId, reason, confidence, evidence, change } = proposal
  return {
    type,
    tool: scope.tool,
    scope,
    requiresHumanReview: true,
    isSafePatch: TIGHTENS.has(type),
    confidence,
    ...present({ targetRuleId }),
    reason,
    evidence,
    ...(change && { suggestedPolicyPatch: change.patch, suggestedPolicy: policyText(change.changed) }),
  }
}

function idOf({ type, targetRuleId = '', scope }: Proposal, version: string): string {
  const { tool, actor, domain, tenant }: TuningScope = scope
  const confined = Object.entries(present({ actor, domain, tenant })).map(([key, name]) => `/${key}:${name}`)
  return `${type}/${targetRuleId}/${tool}${confined.join('')}@${version}`
}

function pick({
  minEvents,
  minBlockedRate,
  minApprovalRate,
  minToolErrorRate,
  maxRefusalRate,
  confidence,
}: RecommendationOptions): { [KEY in keyof Bar]: number | undefined } {
  return { minEvents, minBlockedRate, minApprovalRate, minToolErrorRate, maxRefusalRate, confidence }
}
