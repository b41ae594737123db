import type { ExecutionStatus } from 'countersign'
import type { Exchange } from '../endpoint.js'
import { eventsOf, type Told } from '../memory-events.js'
import type { Service } from '../service.js'
import { timeOf } from '../wire/time.js'

type Json = Readonly<Record<string, unknown>>

const TOP = 10
const HOUR_MS = 3_600_000

/** What happened of late: calls decided here, and what was told of others. */
export async function context({ service, query }: Exchange): Promise<unknown> {
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

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
