import type { DecisionRecord } from 'countersign'
import type { Exchange } from '../endpoint.js'
import type { Service } from '../service.js'
import { approvalsOf, count, type Counts, noCounts } from '../tally.js'
import { VERSION } from '../../../src/version.js'
import { blockedBy } from '../wire/answer.js'
import { pastOf } from '../knowledge/decided.js'
import { decisionsOf } from '../knowledge/decisions.js'
import { timeOf } from '../wire/time.js'

const DAY_MS = 86_400_000
const TOP = 10
/** Clients show this text without looking whether there is one. */
const NOTHING_BLOCKED = 'no call was blocked'

/** Whether the service can decide, and by what. */
export async function status({ service }: Exchange): Promise<unknown> {
  const { active } = await service.governor.killSwitch.status()
  return {
    status: 'ok',
    version: VERSION,
    store: service.store.name,
    kill_switch_active: active,
    at: timeOf(service.clock.now()),
  }
}

/** What was decided of late, and what was in the way most often. */
export async function observerStats({ service }: Exchange): Promise<unknown> {
  const { today, week, month, all, reasons } = await countAll(service)
  const top = [...reasons].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, TOP)
  const first = top[0]
  return {
    insight: first === undefined ? NOTHING_BLOCKED : `"${first[0]}" blocked ${first[1]} of ${all.total} calls`,
    today,
    week,
    month,
    all_time: all,
    top_blocked_by: top.map(([name, blocked]) => ({ blocked_by: name, count: blocked })),
    automation_health_score: healthOf(all),
  }
}

/** The month at a glance. */
export async function dashboardSummary({ service }: Exchange): Promise<unknown> {
  const { today, week, month, reasons } = await countAll(service)
  const since = monthOf(service.clock.now())
  let [pending, resolved] = [0, 0]
  for await (const approval of approvalsOf(service)) {
    if (approval.status === 'pending') pending++
    else if ('by' in approval && approval.status !== 'cancelled' && approval.resolvedAt >= since) resolved++
  }
  const [first] = [...reasons.keys()]
  return {
    blocked_this_month: month.blocked,
    value_protected: month.value_protected,
    approvals_resolved: resolved,
    automation_health_score: healthOf(month),
    total_validations_this_month: month.total,
    allowed_this_month: month.allowed,
    pending_approvals: pending,
    today,
    week,
    insight: first === undefined ? NOTHING_BLOCKED : `the last call was blocked by "${first}"`,
  }
}

/** Day by day, what blocked calls were worth. Days are those of UTC. */
export async function valueProtected({ service, query }: Exchange): Promise<unknown> {
  const { days = 30 } = query as { readonly days?: number }
  const today = dayOf(service.clock.now())
  const first = today - (days - 1) * DAY_MS
  const counts = new Map(Array.from({ length: days }, (_, day) => [first + day * DAY_MS, noCounts()]))
  for await (const { record } of decisionsOf(service, { filter: { since: first } })) {
    const of = counts.get(dayOf(record.at))
    if (of !== undefined) count(of, record)
  }
  const data = [...counts].map(([day, { value_protected, blocked }]) => ({
    date: timeOf(day).slice(0, 10),
    value_protected,
    blocked_count: blocked,
  }))
  return {
    data,
    total_value_protected: data.reduce((sum, { value_protected: value }) => sum + value, 0),
    total_blocked: data.reduce((sum, { blocked_count: blocked }) => sum + blocked, 0),
    period_days: days,
  }
}

interface AllCounts {
  readonly today: Counts
  readonly week: Counts
  readonly month: Counts
  readonly all: Counts
  /** Who blocked, the one that blocked last first. */
  readonly reasons: Map<string, number>
}

async function countAll(service: Service): Promise<AllCounts> {
  const now = service.clock.now()
  const [today, week, month, all] = [noCounts(), noCounts(), noCounts(), noCounts()]
  const reasons = new Map<string, number>()
  const note = (record: DecisionRecord): void => {
    count(all, record)
    if (record.at >= dayOf(now)) count(today, record)
    if (record.at >= dayOf(now) - 6 * DAY_MS) count(week, record)
    if (record.at >= monthOf(now)) count(month, record)
    if (record.result !== 'blocked') return
    const by = blockedBy(record, 'blocked')
    reasons.set(by, (reasons.get(by) ?? 0) + 1)
  }
  for await (const { record } of pastOf(service)) note(record)
  return { today, week, month, all, reasons }
}

/** How much goes on without anybody: 0 to 100. */
function healthOf({ allowed, total }: Counts): number | null {
  return total === 0 ? null : Math.round((100 * allowed) / total)
}

function dayOf(at: number): number {
  return Math.floor(at / DAY_MS) * DAY_MS
}

function monthOf(at: number): number {
  const date = new Date(at)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth())
}
