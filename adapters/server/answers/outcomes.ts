import type { DecisionRecord, Outcome } from 'countersign'
import { isGovernanceError } from 'countersign'
import { isBlocked } from '../../../src/learn/insight/context.js'
import { notFound, Refusal } from '../../../src/service/protocol/refusal.js'
import { OUTCOME_ROUTES } from '../../../src/service/protocol/routes/outcomes.js'
import { checkStatus } from '../../../src/service/protocol/taxonomy.js'
import { problem } from '../../../src/service/protocol/validate.js'
import { pastOf } from '../knowledge/decided.js'
import { decisionsOf } from '../knowledge/decisions.js'
import { answersTo, type Exchange } from '../endpoint.js'
import { mayHaveRun, reportEnded } from '../endings.js'
import type { Past } from '../past/past.js'
import { refusalOf } from '../http/refusal-of.js'
import { categoryOf, readOutcome, readTime, writeOutcomeRecord } from '../wire/outcome.js'
import { writeQuality } from '../wire/quality.js'
import { timeOf } from '../wire/time.js'

type Body = Readonly<Record<string, unknown>>
type Place = readonly (string | number)[]

const HOUR_MS = 3_600_000
/** Decisions with an outcome from which on figures about a domain are more than anecdotes. */
const ENOUGH = 30

/** What the world answered, reported against decisions. */
export const outcomeEndpoints = answersTo(OUTCOME_ROUTES, {
  'POST /outcomes/report': exchange => report(exchange, exchange.body, ['body']),
  'POST /outcomes/report/batch': reportAll,
  'GET /outcomes/taxonomy': ({ service }) => ({ statuses: service.statuses }),
  'GET /outcomes/pending/list': pending,
  'GET /outcomes/{request_id}': latest('request_id'),
  'GET /outcomes/{request_id}/timeline': timeline,
  'GET /outcomes/by-validation/{validation_id}': latest('validation_id'),
  'GET /outcomes/by-case/{case_id}': latest('case_id'),
  'GET /outcomes/analytics/summary': summary,
  'GET /outcomes/analytics/recommendation-quality': async exchange =>
    writeQuality(exchange.service, await exchange.service.governor.outcomes.quality(periodOf(exchange))),
  'GET /outcomes/analytics/partner-view/{domain}': partnerView,
})

/** @throws Refusal 422 for a status that is in no taxonomy, or an outcome of nothing; 404 for one of an unknown decision */
async function report({ service, principal }: Exchange, body: Body, at: Place): Promise<unknown> {
  const { status } = body as { readonly status: string }
  checkStatus(service.statuses, status, [...at, 'status'])
  const id = [body['request_id'], body['validation_id'], body['case_id']].find(isNamed)
  if (id === undefined) {
    throw new Refusal(422, [problem(at, 'One of request_id, case_id, validation_id is required', 'value_error')])
  }
  const { governor } = service
  const decision = await governor.decisions.get(id)
  if (decision === undefined) throw notFound('decision')
  const before = new Set(decision.outcomes.map(outcome => outcome.id))
  await reportEnded(service, [decision], readOutcome(body, id, principal?.name ?? 'unknown', at))
  const after = (await governor.decisions.get(id)) ?? decision
  const reported = after.outcomes.find(outcome => !before.has(outcome.id) && outcome.status === status)
  if (reported === undefined) throw notFound('outcome')
  return writeOutcomeRecord(after, reported, service.outcomes)
}

function isNamed(id: unknown): id is string {
  return typeof id === 'string' && id !== ''
}

/** Each is stored or not by itself; what is wrong with one is said beside its place. */
async function reportAll(exchange: Exchange): Promise<unknown> {
  const results: unknown[] = []
  const errors: unknown[] = []
  for (const [index, outcome] of (exchange.body['outcomes'] as readonly Body[]).entries()) {
    try {
      results.push(await report(exchange, outcome, ['body', 'outcomes', index]))
    } catch (error) {
      if (!(error instanceof Refusal) && !isGovernanceError(error)) throw error
      errors.push({ index, detail: refusalOf(error).detail })
    }
  }
  return { accepted: results.length, rejected: errors.length, results, errors }
}

/** The newest outcome of a decision. */
function latest(param: string) {
  return async ({ service, params }: Exchange): Promise<unknown> => {
    const decision = await service.governor.decisions.get(params[param] ?? '')
    const outcome = decision === undefined ? undefined : inOrder(decision).at(-1)
    if (decision === undefined || outcome === undefined) throw notFound('outcome')
    return writeOutcomeRecord(decision, outcome, service.outcomes)
  }
}

/** All that became of a decision, oldest first. */
async function timeline({ service, params }: Exchange): Promise<unknown> {
  const { governor } = service
  const decision = await governor.decisions.get(params['request_id'] ?? '')
  if (decision === undefined) throw notFound('decision')
  const { approvalId, execution } = decision
  const approval = approvalId === undefined ? undefined : await governor.approvals.get(approvalId)
  const events = [
    { at: decision.at, type: 'decision', result: decision.result, reason: decision.reason },
    ...(approval === undefined ? [] : [{ at: approval.at, type: 'approval_requested', approval_id: approval.id }]),
    ...(approval !== undefined && 'by' in approval
      ? [{ at: approval.resolvedAt, type: `approval_${approval.votes.at(-1)?.resolution ?? 'ended'}`, by: approval.by }]
      : []),
    ...(execution === undefined ? [] : [{ at: execution.at, type: 'execution', status: execution.status }]),
    ...inOrder(decision).map(outcome => ({
      at: outcome.at,
      type: 'outcome',
      outcome: writeOutcomeRecord(decision, outcome, service.outcomes),
    })),
  ]
  const ordered = events.toSorted((a, b) => a.at - b.at)
  return { request_id: decision.id, events: ordered.map(event => Object.assign({}, event, { at: timeOf(event.at) })) }
}

/** Calls that went on, of which nobody has said how they turned out; newest first. */
async function pending({ service, query }: Exchange): Promise<unknown> {
  const { min_age_hours: hours = 0, limit = 50 } = query as { readonly min_age_hours?: number; limit?: number }
  const until = service.clock.now() - hours * HOUR_MS
  const open: unknown[] = []
  const isOpen = ({ record }: Past): boolean => record.at <= until && !isBlocked(record)
  for await (const { record } of decisionsOf(service, { filter: { hasOutcome: false }, isWanted: isOpen })) {
    if (!(await mayHaveRun(service, record))) continue
    const { id, action, tool, domain = null, actor, value = null, at, result } = record
    const age = (service.clock.now() - at) / HOUR_MS
    open.push({ request_id: id, action, tool, domain, actor, value, result, decided_at: timeOf(at), age_hours: age })
    if (open.length >= limit) break
  }
  return open
}

async function summary(exchange: Exchange): Promise<unknown> {
  const [byStatus, byCategory] = [new Map<string, number>(), new Map<string, number>()]
  let [total, decisions, covered] = [0, 0, 0]
  for await (const record of within(exchange.service, periodOf(exchange))) {
    decisions++
    if (record.outcomes.length > 0) covered++
    for (const outcome of record.outcomes) {
      total++
      add(byStatus, outcome.status)
      add(byCategory, categoryOf(outcome, exchange.service.outcomes))
    }
  }
  const [positive = 0, negative = 0] = [byCategory.get('positive'), byCategory.get('negative')]
  return {
    total,
    by_status: Object.fromEntries(byStatus),
    by_category: Object.fromEntries(byCategory),
    success_rate: positive + negative === 0 ? null : positive / (positive + negative),
    decisions,
    decisions_with_outcome: covered,
    coverage: decisions === 0 ? null : covered / decisions,
  }
}

/** What a partner is shown of its domain. */
async function partnerView(exchange: Exchange): Promise<unknown> {
  const { service, params } = exchange
  const period = { ...periodOf(exchange), domain: params['domain'] ?? '' }
  const found = await service.governor.outcomes.quality(period)
  const { trend, examples, ...quality } = await writeQuality(service, found)
  const actions = new Map<string, { total: number; positive: number; negative: number }>()
  let [total, covered, positive] = [0, 0, 0]
  for await (const record of within(service, period)) {
    const of = actions.get(record.action) ?? { total: 0, positive: 0, negative: 0 }
    actions.set(record.action, of)
    total++
    of.total++
    const last = inOrder(record).at(-1)
    if (last === undefined) continue
    covered++
    const category = categoryOf(last, service.outcomes)
    if (category === 'positive') {
      positive++
      of.positive++
    }
    if (category === 'negative') of.negative++
  }
  return {
    overview: {
      domain: period.domain,
      total_decisions: total,
      with_outcome: covered,
      success_rate: covered === 0 ? null : positive / covered,
    },
    recommendation_quality: quality,
    trend,
    by_action: [...actions].map(([action, of]) => Object.assign({ action }, of)),
    sparse_evidence: covered < ENOUGH,
    examples,
  }
}

/** Of which domain, and of which time, in epoch milliseconds: `until` itself is not of it. */
interface Period {
  readonly domain?: string
  readonly since?: number
  readonly until?: number
}

/** @throws Refusal 422 for a time that is none */
function periodOf({ query }: Exchange): Period {
  const { domain, since, until } = query as Readonly<Record<string, string | undefined>>
  return {
    ...(domain === undefined ? {} : { domain }),
    ...(since === undefined ? {} : { since: readTime(since, ['query', 'since']) }),
    ...(until === undefined ? {} : { until: readTime(until, ['query', 'until']) }),
  }
}

async function* within(
  service: Exchange['service'],
  { domain, since = 0, until = Infinity }: Period,
): AsyncGenerator<DecisionRecord, void, undefined> {
  for await (const { record } of pastOf(service)) {
    if (record.at >= since && record.at < until && (domain === undefined || record.domain === domain)) yield record
  }
}

function inOrder({ outcomes }: DecisionRecord): readonly Outcome[] {
  return outcomes.toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}
