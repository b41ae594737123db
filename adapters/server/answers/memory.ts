import { createHash, randomUUID } from 'node:crypto'
import type { ExecutionStatus } from 'countersign'
import { isRecord } from '../../../src/service/protocol/validate.js'
import { MEMORY_ROUTES } from '../../../src/service/protocol/routes/memory.js'
import { draftDocument, findDocument, listDocuments, writeDocuments } from '../documents.js'
import { answersTo, type Exchange } from '../endpoint.js'
import { noteEnding } from '../endings.js'
import type { Service } from '../service.js'
import { writeRecommendation } from '../wire/recommendation.js'
import { timeOf } from '../wire/time.js'

type Json = Readonly<Record<string, unknown>>

/** An event as it is kept. */
interface MemoryEvent extends Json {
  readonly tool: string
  readonly status: ExecutionStatus
  readonly source: string
  /** It tells of a decision that was made here, which is counted already. */
  readonly own: boolean
}

/** An event, and when it came. */
interface Told {
  readonly at: number
  readonly event: MemoryEvent
}

const TOP = 10
/** What recommendations may be confined to. */
const NAMES = ['tool', 'domain', 'actor'] as const
const EVENT = 'memory-event'
const HOUR_MS = 3_600_000
/** Calls of a tool from which on something is proposed, unless a client says another number. */
const USUAL_EVENTS = 20
const KEPT_MS = 30 * 24 * HOUR_MS
const PAGE = 1000
/** Events that are read for one answer. */
const MAX_EVENTS = 10_000
/** What may hold arguments or results, and is not kept unless that was asked for. */
const PRIVATE: ReadonlySet<string> = new Set(['arguments', 'output', 'decision', 'decision_packet'])

/** What was done, told for later, and what is made of it. */
export const memoryEndpoints = answersTo(MEMORY_ROUTES, {
  'POST /actions/memory/ingest': ingest,
  'GET /actions/memory/context': context,
  // Everything is counted when it is asked for: there is nothing that could be old.
  'POST /actions/memory/refresh-aggregates': ({ query }) => ({
    refreshed: true,
    mode: query['concurrent'] === true ? 'concurrent' : 'full',
  }),
  'POST /actions/memory/recommendations': recommend,
})

/** An event that came before is not stored again: clients send at least once. */
async function ingest({ service, body }: Exchange): Promise<unknown> {
  const {
    source,
    events,
    redact,
    redaction_policy: _policy,
    ...common
  } = body as Json & {
    readonly source: string
    readonly events: readonly Json[]
  }
  let accepted = 0
  for (const event of events) {
    const id = createHash('sha256').update(nameOf(event, body)).digest('hex')
    if ((await findDocument(service, EVENT, id)) !== undefined) continue
    const decision = await ownDecision(service, event)
    const kept = redact === false ? event : withoutPrivate(event)
    const entry = { ...common, source, ...kept, own: decision !== undefined } as MemoryEvent
    const expiresAt = service.clock.now() + KEPT_MS
    if (!(await writeDocuments(service, [draftDocument(service, { kind: EVENT, id, body: entry, expiresAt })])))
      continue
    accepted++
    if (decision !== undefined) await noteEnding(service, decision, entry.status)
  }
  return { accepted, total_stored: (await eventsOf(service, 0)).length, source }
}

/** What an event is known by: its id, else its place in a run, so that what is sent again is known again; else it is one of its own. */
function nameOf({ event_id: id, seq, trace_id: own }: Json, { trace_id: trace }: Json): string {
  if (typeof id === 'string') return id
  const run = own ?? trace
  return typeof run === 'string' && typeof seq === 'number' ? JSON.stringify([run, seq]) : randomUUID()
}

/** The decision that an event tells of, if it was made here. */
function ownDecision({ governor }: Service, { request_id: id, decision }: Json) {
  const known = typeof id === 'string' ? id : isRecord(decision) ? decision['request_id'] : undefined
  return typeof known === 'string' ? governor.decisions.get(known) : Promise.resolve(undefined)
}

async function context({ service, query }: Exchange): Promise<unknown> {
  const {
    window_hours: hours = 24,
    limit_recent: limit = 25,
    source,
    ...filters
  } = query as Json & {
    readonly window_hours?: number
    readonly limit_recent?: number
    readonly source?: string
  }
  const windowMs = hours * HOUR_MS
  const { memory } = service.governor
  const own = source === undefined ? await memory.context({ ...filters, windowMs, limitRecent: limit }) : undefined
  const told = (await eventsOf(service, service.clock.now() - windowMs)).filter(
    ({ event }) =>
      (source === undefined ? !event.own : event.source === source) &&
      Object.entries(filters).every(([name, value]) => event[name] === value),
  )
  return {
    org_id: service.tenant ?? 'default',
    window_hours: hours,
    filters: { ...filters, ...(source === undefined ? {} : { source }) },
    ...ratesOf(own, told),
    top_tools: toolsOf(own, told),
    top_block_reasons: (own?.topBlockReasons ?? []).map(({ blockedBy, count }) => ({ blocked_by: blockedBy, count })),
    recent_events: [...recentOf(own), ...told.map(shown)].toSorted((a, b) => (a.at < b.at ? 1 : -1)).slice(0, limit),
  }
}

/** Of the calls decided here, the rate of errors is that of those that ran; how many they are is not told apart. */
function ratesOf(own: Own, told: readonly Told[]) {
  const of = (status: ExecutionStatus): number => told.filter(({ event }) => event.status === status).length
  const risks = told.flatMap(({ event }) => (typeof event['risk_score'] === 'number' ? [event['risk_score']] : []))
  const decided = own?.totalEvents ?? 0
  return {
    total_events: decided + told.length,
    blocked_rate: joint([own?.blockedRate, decided], [of('blocked'), told.length]),
    approval_rate: joint([own?.approvalRate, decided], [of('approval_required'), told.length]),
    tool_error_rate: joint([own?.toolErrorRate, decided], [of('tool_error'), of('executed') + of('tool_error')]),
    avg_risk_score: joint([own?.avgRiskScore, decided], [sum(risks), risks.length]),
  }
}

function toolsOf(own: Own, told: readonly Told[]) {
  const tools = new Map(own?.topTools.map(({ tool, count }) => [tool, count]))
  for (const { event } of told) tools.set(event.tool, (tools.get(event.tool) ?? 0) + 1)
  return [...tools]
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, TOP)
    .map(([tool, count]) => ({ tool, count }))
}

function shown({ at, event: { own: _own, ...event } }: Told): Json & { readonly at: string } {
  return { ...event, at: timeOf(at) }
}

type Own = Awaited<ReturnType<Service['governor']['memory']['context']>> | undefined

function recentOf(own: Own): readonly (Json & { readonly at: string })[] {
  return (own?.recentEvents ?? []).map(({ decisionId, at, riskScore, domain, ...event }) =>
    Object.assign(event, {
      at: timeOf(at),
      request_id: decisionId,
      source: 'service',
      domain: domain ?? null,
      risk_score: riskScore ?? null,
    }),
  )
}

/** One rate of two, each weighed by how many it is of. */
function joint(
  [ownRate, ownTotal]: readonly [number | undefined, number],
  [count, of]: readonly [number, number],
): number | null {
  const weight = ownRate === undefined ? 0 : ownTotal
  return weight + of === 0 ? null : ((ownRate ?? 0) * weight + count) / (weight + of)
}

async function recommend({ service, body }: Exchange): Promise<unknown> {
  const scope = isRecord(body['scope']) ? body['scope'] : {}
  // What is said by itself goes before what is said in a scope.
  const asked = [...NAMES.map(name => [name, scope[name]] as const), ...Object.entries(body)]
  const given: Json = Object.fromEntries(asked.filter(([, value]) => value !== null && value !== undefined))
  const hours = (given['window_hours'] as number | undefined) ?? 24
  const filters = Object.fromEntries(NAMES.filter(name => name in given).map(name => [name, given[name]]))
  const found = await service.governor.memory.recommendations({
    ...filters,
    windowMs: hours * HOUR_MS,
    ...renamed(given),
    // Nothing is proposed about what never happened.
    minEvents: Math.max(1, (given['min_events'] as number | undefined) ?? USUAL_EVENTS),
  })
  return {
    org_id: service.tenant ?? 'default',
    plan: 'self-hosted',
    window_hours: hours,
    generated_at: timeOf(service.clock.now()),
    filters,
    summary: {
      total_events: found.decisions,
      decisions: found.decisions,
      recommendations: found.recommendations.length,
      // A person looks at each, and applies it.
      auto_applied: 0,
    },
    recommendations: found.recommendations.map(writeRecommendation),
  }
}

const RENAMED: Readonly<Record<string, string>> = {
  min_blocked_rate: 'minBlockedRate',
  min_approval_rate: 'minApprovalRate',
  min_tool_error_rate: 'minToolErrorRate',
  limit_recommendations: 'limit',
  include_examples: 'includeExamples',
}

function renamed(given: Json): Json {
  return Object.fromEntries(
    Object.entries(RENAMED).flatMap(([name, option]) => (name in given ? [[option, given[name]]] : [])),
  )
}

async function eventsOf(service: Service, since: number): Promise<readonly Told[]> {
  const found: Told[] = []
  let before: { id: string; tenant?: string } | undefined
  while (found.length < MAX_EVENTS) {
    const page = await listDocuments<MemoryEvent>(service, { kind: EVENT, limit: PAGE, ...(before && { before }) })
    found.push(...page.flatMap(({ document: { at }, body }) => (at >= since ? [{ at, event: body }] : [])))
    const last = page.at(-1)?.document
    if (last === undefined || page.length < PAGE || last.at < since) break
    before = last
  }
  return found
}

function withoutPrivate(event: Json): Json {
  return Object.fromEntries(Object.entries(event).filter(([name]) => !PRIVATE.has(name)))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
