import type { RuleStore } from '../rules/rule-store.js'
import type { Service } from '../service.js'
import { pastOf } from '../knowledge/decided.js'
import { approvalsOf } from '../tally.js'
import { approvalEvents, decisionEvent, type HappenedEvent, outcomeEvent, ruleEvent, switchEvent } from './event.js'
import type { SwitchLog } from './switch-log.js'

/** Records of each kind that are looked at for one answer: the newest. */
const MAX_LOOKED_AT = 10_000

/** Where events come from besides decisions and approvals. */
export interface EventSources {
  readonly rules: RuleStore
  readonly switches: SwitchLog
}

/** What happened to a tenant's calls and rules. */
export interface Timeline {
  /** Newest first. */
  readonly events: readonly HappenedEvent[]
  /** There were more records than are looked at: older ones are left out. */
  readonly truncated: boolean
}

/** Everything that happened, as far as it is recorded: decisions, outcomes, approvals, changes of rules and kill switches. */
export async function timelineOf({ rules, switches }: EventSources, service: Service): Promise<Timeline> {
  const { tenant } = service
  const events: HappenedEvent[] = []
  const decisions = await each(pastOf(service), ({ record }) => {
    if (record.tenant !== tenant) return
    events.push(decisionEvent(record))
    for (const outcome of record.outcomes) events.push(outcomeEvent(record, outcome, service.outcomes))
  })
  const approvals = await each(approvalsOf(service), approval => {
    if (approval.tenant === tenant) events.push(...approvalEvents(approval))
  })
  const changes = await each(rules.history(tenant), ({ body }) => events.push(ruleEvent(body)))
  events.push(...(await thrown(switches, service)))
  events.sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1))
  return { events, truncated: decisions || approvals || changes }
}

/** Of those that are on, not all were thrown where the log is kept. */
async function thrown(switches: SwitchLog, { governor, tenant }: Service): Promise<readonly HappenedEvent[]> {
  const { switches: on } = await governor.killSwitch.status()
  const seen = on.filter(item => tenant !== undefined || item.tenant === undefined)
  const all = [...(await switches.list(tenant)), ...seen.map(killSwitch => ({ active: true, killSwitch }))]
  return [...new Map(all.map(switchEvent).map(event => [event.id, event])).values()]
}

/** Whether there were more than are looked at. */
async function each<T>(records: AsyncIterable<T>, visit: (record: T) => void): Promise<boolean> {
  let looked = 0
  for await (const record of records) {
    if (looked++ === MAX_LOOKED_AT) return true
    visit(record)
  }
  return false
}
