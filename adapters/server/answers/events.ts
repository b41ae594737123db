import { EVENT_ROUTES } from '../../../src/service/protocol/routes/cases.js'
import { answersTo, type Endpoint } from '../endpoint.js'
import type { HappenedEvent } from '../events/event.js'
import type { Service } from '../service.js'
import { type EventSources, timelineOf } from '../events/timeline.js'
import { timeOf } from '../wire/time.js'

const DAY_MS = 86_400_000

/** What happened, newest first. */
export function eventEndpoints(sources: EventSources): readonly Endpoint[] {
  return answersTo(EVENT_ROUTES, {
    'GET /events': async ({ service, query }) => {
      const { event_type: type, severity, rule_id: rule, limit = 50, offset = 0 } = query
      const { events, truncated } = await timelineOf(sources, service)
      const found = events.filter(
        event =>
          (type === undefined || event.type === type) &&
          (severity === undefined || event.severity === severity) &&
          (rule === undefined || event.rules.includes(rule as string)),
      )
      const names = await namesOf(sources, service.tenant)
      const page = found.slice(offset as number, (offset as number) + (limit as number))
      const written = await Promise.all(page.map(event => writeEvent(service, event, names)))
      return { events: written, total: found.length, limit, offset, truncated }
    },
    'GET /events/stats': async ({ service }) => {
      const { events, truncated } = await timelineOf(sources, service)
      const since = service.clock.now() - DAY_MS
      return { today: counted(events.filter(({ at }) => at > since)), total: counted(events), truncated }
    },
  })
}

async function namesOf({ rules }: EventSources, tenant: string | undefined): Promise<ReadonlyMap<string, string>> {
  return new Map((await rules.list(tenant)).map(({ id, body }) => [id, body.constraint.name]))
}

async function writeEvent({ governor }: Service, event: HappenedEvent, names: ReadonlyMap<string, string>) {
  const { id, type, severity, at, rules, decisionId, write } = event
  const whole = decisionId === undefined ? undefined : await governor.decisions.get(decisionId)
  const rule = rules[0] ?? null
  return {
    event_id: id,
    event_type: type,
    severity,
    rule_id: rule,
    rule_name: rule === null ? null : (names.get(rule) ?? null),
    ...write(whole),
    created_at: timeOf(at),
  }
}

function counted(events: readonly HappenedEvent[]) {
  const by = (read: (event: HappenedEvent) => string): Record<string, number> =>
    Object.fromEntries([...Map.groupBy(events, read)].map(([name, list]) => [name, list.length]))
  return { events: events.length, by_type: by(({ type }) => type), by_severity: by(({ severity }) => severity) }
}
