import type { Lifecycle } from '../knowledge/lifecycle.js'
import { timeOf } from './time.js'

/** A course of events: what was told of it, and what was decided here. */
export function writeLifecycle({ id, keys, status, events, decisions, firstSeen, lastSeen }: Lifecycle) {
  return {
    lifecycle_id: id,
    status,
    keys,
    events: events.map(({ id: eventId, at, body }) => ({ ...body, event_id: eventId, received_at: timeOf(at) })),
    decisions: decisions.map(({ record: { id: requestId, tool, result, execution, outcomes, at }, label }) => ({
      request_id: requestId,
      tool,
      result,
      execution_status: execution?.status ?? null,
      outcome_status: outcomes.at(-1)?.status ?? null,
      label: label?.kind ?? null,
      created_at: timeOf(at),
    })),
    first_seen: timeOf(firstSeen),
    last_seen: timeOf(lastSeen),
  }
}
