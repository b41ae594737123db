import { sha256 } from '../../../src/ambient.js'
import type { Exchange } from '../endpoint.js'
import type { Service } from '../service.js'
import { readCaseOutcome } from '../wire/case.js'
import { IDS, type IngestedEvent, statusTold } from './lifecycle.js'
import { keepRecord, recordId, recordOf } from './records.js'
import type { References } from './references.js'
import { reportTo } from './report.js'
import { fieldsOf, isGiven, textOf } from './sent.js'

/** Of several that have one reference, so many are named. */
const MOST_NAMED = 20

/**
 * Keeps an event once. Its id is the one it brings (`event_id`), else that of its content as it was sent where it has a time, else a new
 * one. Where it says how a decision made here turned out, that is reported to the decision: the one that it names by an id, else the only
 * one that has its `external_ref`.
 */
export async function takeEvent(
  { service, principal }: Pick<Exchange, 'service' | 'principal'>,
  references: References,
  event: IngestedEvent,
) {
  const id = await idOf(service, event)
  if ((await recordOf(service, 'ingested-event', id)) !== undefined)
    return { event_id: id, duplicate: true, reported_to: [], reconciliation: null }
  const ids = new Set(IDS.flatMap(name => textOf(event[name]) ?? []))
  const ref = textOf(event['external_ref'])
  // Before the event is kept: whoever sends it again because of a failure must not find it done.
  if (ref !== undefined && ids.size > 0) await references.tie(ref, ids)
  const told = statusTold(event)
  // Others have words of their own: the event is kept, and nothing is reported that no report could say.
  const status = told !== undefined && service.statuses.includes(told) ? told : undefined
  const named = ids.size === 0 && ref !== undefined && status !== undefined ? await references.of(ref) : [...ids]
  const isClear = ids.size > 0 || named.length === 1
  const outcome = readCaseOutcome('', { ...fieldsOf(event['outcome']), status }, principal?.name)
  const reported = status === undefined || !isClear ? [] : await reportTo(service, named, outcome)
  const isNew = await keepRecord(service, 'ingested-event', { id, body: event })
  const reconciliation =
    told === undefined ? null : reconciled(event, { named, isClear, reported, isKnown: status !== undefined })
  return { event_id: id, duplicate: !isNew, reported_to: reported, reconciliation }
}

interface Match {
  readonly named: readonly string[]
  readonly isClear: boolean
  readonly reported: readonly string[]
  readonly isKnown: boolean
}

/** What became of an outcome that an event told, and by which of its keys. `ambiguous`: several have the reference, and were left alone; `unknown_status`: its word is in no taxonomy. */
function reconciled(event: IngestedEvent, { named, isClear, reported, isKnown }: Match) {
  const name = [...IDS, 'external_ref'].find(key => textOf(event[key]) !== undefined) ?? null
  const isAmbiguous = isKnown && !isClear && named.length > 1
  const missing = isKnown ? 'unmatched' : 'unknown_status'
  const status = reported.length > 0 ? 'reconciled' : isAmbiguous ? 'ambiguous' : missing
  return {
    key_name: name,
    key_value: name === null ? null : event[name],
    status,
    request_ids: isAmbiguous ? named.slice(0, MOST_NAMED) : reported,
  }
}

async function idOf(service: Service, event: IngestedEvent): Promise<string> {
  const own = textOf(event['event_id'])
  if (own !== undefined) return own
  return isGiven(event['timestamp']) ? `ing_${await sha256(JSON.stringify(event))}` : recordId('ing', service)
}
