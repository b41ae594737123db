import { createHash, randomUUID } from 'node:crypto'
import { isRecord } from '../../../src/service/protocol/validate.js'
import { MEMORY_ROUTES } from '../../../src/service/protocol/routes/memory.js'
import { draftDocument, findDocument, writeDocuments } from '../documents.js'
import { answersTo, type Exchange } from '../endpoint.js'
import { noteEnding } from '../endings.js'
import { countStored, EVENT, type MemoryEvent } from '../memory-events.js'
import type { Service } from '../service.js'
import { writeRecommendation } from '../wire/recommendation.js'
import { timeOf } from '../wire/time.js'
import { context } from './memory-context.js'

type Json = Readonly<Record<string, unknown>>

/** What recommendations may be confined to. */
const NAMES = ['tool', 'domain', 'actor'] as const
const HOUR_MS = 3_600_000
/** Calls of a tool from which on something is proposed, unless a client says another number. */
const USUAL_EVENTS = 20
const KEPT_MS = 30 * 24 * HOUR_MS
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
  return { accepted, total_stored: await countStored(service, accepted), source }
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

function withoutPrivate(event: Json): Json {
  return Object.fromEntries(Object.entries(event).filter(([name]) => !PRIVATE.has(name)))
}
