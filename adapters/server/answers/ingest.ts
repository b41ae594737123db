import { Groups, most } from '../../../src/learn/insight/groups.js'
import { Refusal } from '../../../src/service/protocol/refusal.js'
import { INGEST_ROUTES } from '../../../src/service/protocol/routes/background.js'
import { checkStatus } from '../../../src/service/protocol/taxonomy.js'
import { problem } from '../../../src/service/protocol/validate.js'
import { answersTo, type Exchange } from '../endpoint.js'
import {
  hasKey,
  idsNamed,
  type IngestedEvent,
  KEY_NAMES,
  type KeyName,
  type Lifecycle,
  lifecyclesOf,
} from '../knowledge/lifecycle.js'
import { keepRecord, recordId, recordsOf } from '../knowledge/records.js'
import { References } from '../knowledge/references.js'
import { reportTo } from '../knowledge/report.js'
import { fieldsOf, isGiven, textOf } from '../knowledge/sent.js'
import { takeEvent } from '../knowledge/take-event.js'
import { readCaseOutcome } from '../wire/case.js'
import { writeLifecycle } from '../wire/lifecycle.js'

const DAY_MS = 86_400_000
const USUAL_ADAPTER = 'generic_webhook'
/** Events that tell how something turned out. */
const RECONCILED: ReadonlySet<string> = new Set([
  'OUTCOME_OBSERVED',
  'OUTCOME_UPDATED',
  'ROLLBACK_PERFORMED',
  'CORRECTION_APPLIED',
  'FRAUD_DETECTED',
  'CHURN_SIGNAL',
  'TICKET_REOPENED',
  'REFUND_COMPLETED',
  'PRICING_CORRECTION',
])

/** Events from elsewhere, put together with what was decided here. */
export const ingestEndpoints = answersTo(INGEST_ROUTES, {
  'POST /ingest': async exchange => ({
    accepted: true,
    ...(await takeEvent(exchange, new References(exchange.service), exchange.body)),
  }),
  'POST /ingest/batch': batch,
  'POST /ingest/reconcile': reconcile,
  'GET /ingest/lifecycles': async ({ service, query }) => {
    const status = textOf(query['status_filter'])
    return listed(service, query, ({ status: own }) => (status ?? own) === own, 'lifecycles')
  },
  'GET /ingest/lifecycle': lifecycle,
  'GET /ingest/pending': async ({ service, query }) =>
    listed(service, query, ({ status }) => status === 'pending', 'pending'),
  'GET /ingest/stale': async ({ service, query }) => {
    const days = (query['stale_after_days'] ?? 7) as number
    const before = service.clock.now() - days * DAY_MS
    const isStale = ({ status, lastSeen }: Lifecycle): boolean => status === 'pending' && lastSeen < before
    return { ...(await listed(service, query, isStale, 'stale')), stale_after_days: days }
  },
  'GET /ingest/stats': stats,
  'GET /ingest/adapters': async ({ service }) => {
    const { adapters } = await countEvents(service)
    const seen = most(adapters, Number.MAX_SAFE_INTEGER)
    return {
      adapters: [...new Set([USUAL_ADAPTER, ...seen.map(({ key }) => key)])],
      events: Object.fromEntries(seen.map(({ key, count }) => [key, count])),
    }
  },
})

/** In their order: a later event may say what an earlier one did not know. */
async function batch(exchange: Exchange): Promise<unknown> {
  const events = []
  const references = new References(exchange.service)
  for (const event of exchange.body['events'] as readonly IngestedEvent[])
    events.push(await takeEvent(exchange, references, event))
  const duplicates = events.filter(({ duplicate }) => duplicate).length
  return { accepted: events.length - duplicates, duplicates, rejected: 0, events }
}

/**
 * Reports an outcome to everything that a key names: decisions made here, and imported cases. Where only events are known by the
 * key, it is one more of them. The outcome is one, or an event that holds one, as clients send it.
 */
async function reconcile({ service, principal, body }: Exchange): Promise<unknown> {
  const [name, value] = [body['key_name'] as KeyName, String(body['key_value'])]
  const sent = fieldsOf(body['outcome'])
  const isEvent = textOf(sent['status']) === undefined && isGiven(sent['outcome'])
  const outcome = isEvent ? fieldsOf(sent['outcome']) : sent
  const status = textOf(outcome['status'])
  const place = ['body', 'outcome', ...(isEvent ? ['outcome'] : []), 'status']
  if (status === undefined) throw new Refusal(422, [problem(place, 'Field required', 'value_error')])
  checkStatus(service.statuses, status, place)
  const ids = await idsNamed(service, name, value)
  const reported = await reportTo(service, ids, readCaseOutcome('', outcome, principal?.name))
  const noted =
    reported.length === 0 && (await noteOutcome(service, { name, value, outcome, event: isEvent ? sent : {} }))
  return {
    key_name: name,
    key_value: value,
    status: reported.length > 0 || noted ? 'reconciled' : 'unmatched',
    outcome_status: status,
    reconciled: reported.length + Number(noted),
    request_ids: reported,
  }
}

interface ToldOutcome {
  readonly name: KeyName
  readonly value: string
  readonly outcome: IngestedEvent
  readonly event: IngestedEvent
}

/** Keeps an outcome beside the events of the same key; not where there are none, nor where the latest of them says the same. */
async function noteOutcome(
  service: Exchange['service'],
  { name, value, outcome, event }: ToldOutcome,
): Promise<boolean> {
  const of = (await lifecyclesOf(service)).found.filter(lifecycle => hasKey(lifecycle, name, value))
  if (of.length === 0) return false
  const type = RECONCILED.has(textOf(event['event_type']) ?? '') ? event['event_type'] : 'OUTCOME_OBSERVED'
  const body = { ...event, event_type: type, [name]: value, outcome }
  const last = of.flatMap(({ events }) => events).findLast(({ body: told }) => isGiven(told['outcome']))
  if (last !== undefined && JSON.stringify(last.body) === JSON.stringify(body)) return true
  return keepRecord(service, 'ingested-event', { id: recordId('ing', service), body })
}

/** The one in which something happened last, where a key names several, as a `tenant_ref` does. */
async function lifecycle({ service, query }: Exchange): Promise<unknown> {
  const asked = KEY_NAMES.flatMap(name =>
    textOf(query[name]) === undefined ? [] : [[name, String(query[name])] as const],
  )
  if (asked.length === 0) {
    throw new Refusal(422, [problem(['query'], `Give one of ${KEY_NAMES.join(', ')}`, 'value_error')])
  }
  const { found, truncated } = await lifecyclesOf(service)
  const matching = found.filter(one => asked.every(([name, value]) => hasKey(one, name, value)))
  const [first] = matching
  return { lifecycle: first === undefined ? null : writeLifecycle(first), total: matching.length, truncated }
}

async function listed(
  service: Exchange['service'],
  query: Exchange['query'],
  isWanted: (lifecycle: Lifecycle) => boolean,
  name: 'lifecycles' | 'pending' | 'stale',
): Promise<Record<string, unknown>> {
  const { found, truncated } = await lifecyclesOf(service)
  const wanted = found.filter(isWanted)
  return {
    [name]: wanted.slice(0, (query['limit'] ?? 50) as number).map(writeLifecycle),
    total: wanted.length,
    truncated,
  }
}

async function stats({ service }: Exchange): Promise<unknown> {
  const { total, types, adapters } = await countEvents(service)
  const { found, truncated } = await lifecyclesOf(service)
  const statuses = new Groups(() => ({ count: 0 }))
  for (const { status } of found) statuses.of(status).count++
  return {
    total,
    by_event_type: counted(types),
    by_adapter: counted(adapters),
    lifecycles: { total: found.length, ...counted(statuses), truncated },
  }
}

async function countEvents(service: Exchange['service']) {
  const [types, adapters] = [new Groups(() => ({ count: 0 })), new Groups(() => ({ count: 0 }))]
  let total = 0
  for await (const { body } of recordsOf<IngestedEvent>(service, 'ingested-event')) {
    total++
    types.of(String(body['event_type'])).count++
    adapters.of(textOf(body['adapter']) ?? USUAL_ADAPTER).count++
  }
  return { total, types, adapters }
}

function counted(groups: Groups<{ count: number }>): Readonly<Record<string, number>> {
  return Object.fromEntries(groups.entries().map(([key, { count }]) => [key, count]))
}
