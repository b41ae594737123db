import { present } from '../../ambient.js'
import type { DecisionRecord, DecisionResult, ExecutionStatus, Recommendation } from '../../types.js'
import type { InsightSource } from './cases.js'
import { checkFilter, type Coverage, type InsightFilter } from './filter.js'
import { Groups, most } from './groups.js'
import { walk } from './walk.js'

const DAY_MS = 86_400_000
const USUAL_RECENT = 25
const MOST_RECENT = 1000
/** Tools and reasons that are listed. */
const TOP = 10

/** A call that was decided on, without anything of its input. */
export interface MemoryEvent {
  readonly decisionId: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly tool: string
  readonly actor: string
  readonly domain?: string
  readonly result: DecisionResult
  /** Absent while it runs. */
  readonly status?: ExecutionStatus
  readonly recommendation?: Recommendation
  readonly riskScore?: number
}

/** What a governor remembers of a time. Dry runs are no events. What cannot be said of so few is absent. */
export interface MemoryContext extends Omit<Coverage, 'decisions'> {
  readonly windowMs: number
  readonly totalEvents: number
  /** Calls that did not run because they were refused, by a rule or by a person, of all. */
  readonly blockedRate?: number
  /** Calls that were held for a person, of all. */
  readonly approvalRate?: number
  /** Calls of which the tool threw, of those that ran. */
  readonly toolErrorRate?: number
  /** Mean of the risks that were stated. */
  readonly avgRiskScore?: number
  readonly topTools: readonly { readonly tool: string; readonly count: number }[]
  /** `blockedBy`: id of the rule that denied, `approval` where a person said no or nobody answered, `changed-input` where it was changed after the decision, `fail-mode`, or the evaluator's name. */
  readonly topBlockReasons: readonly { readonly blockedBy: string; readonly count: number }[]
  /** The newest first. */
  readonly recentEvents: readonly MemoryEvent[]
}

/** Which calls are remembered. */
export interface MemoryFilter extends Omit<InsightFilter, 'since' | 'until'> {
  /** Milliseconds up to now. @defaultValue one day */
  readonly windowMs?: number
}

/** What happened in the time up to `now`. `limitRecent`: how many events are listed, 25 unless said otherwise. */
export async function context(
  { store }: Pick<InsightSource, 'store'>,
  now: number,
  filter: MemoryFilter & { readonly limitRecent?: number } = {},
): Promise<MemoryContext> {
  checkFilter(filter, 'memory.context', { windowMs: [1, Infinity], limitRecent: [0, MOST_RECENT] })
  const { windowMs = DAY_MS, limitRecent = USUAL_RECENT, ...wanted } = filter
  const counts = new MemoryCounts()
  const recentEvents: MemoryEvent[] = []
  const since = Math.max(0, now - windowMs)
  const { truncated } = await walk(
    store,
    { ...wanted, since },
    record => {
      counts.add(record)
      if (recentEvents.length < Math.floor(limitRecent)) recentEvents.push(eventOf(record))
    },
    false,
  )
  return { windowMs, truncated, ...counts.figures(), recentEvents }
}

/** Counts calls by what became of them. */
class MemoryCounts {
  #total = 0
  #blocked = 0
  #held = 0
  #ran = 0
  #failed = 0
  #scored = 0
  #risk = 0
  readonly #tools = new Groups(() => ({ count: 0 }))
  readonly #reasons = new Groups(() => ({ count: 0 }))

  add(record: DecisionRecord): void {
    const { tool, result, execution, riskScore } = record
    this.#total++
    this.#tools.of(tool).count++
    if (result === 'requires_approval') this.#held++
    if (execution?.status === 'executed' || execution?.status === 'tool_error') this.#ran++
    if (execution?.status === 'tool_error') this.#failed++
    if (riskScore !== undefined) {
      this.#scored++
      this.#risk += riskScore
    }
    if (!isBlocked(record)) return
    this.#blocked++
    this.#reasons.of(blockedBy(record)).count++
  }

  figures(): Omit<MemoryContext, 'windowMs' | 'truncated' | 'recentEvents'> {
    return {
      totalEvents: this.#total,
      ...present({
        blockedRate: rate(this.#blocked, this.#total),
        approvalRate: rate(this.#held, this.#total),
        toolErrorRate: rate(this.#failed, this.#ran),
        avgRiskScore: rate(this.#risk, this.#scored),
      }),
      topTools: most(this.#tools, TOP).map(({ key, count }) => ({ tool: key, count })),
      topBlockReasons: most(this.#reasons, TOP).map(({ key, count }) => ({ blockedBy: key, count })),
    }
  }
}

function rate(count: number, of: number): number | undefined {
  return of === 0 ? undefined : count / of
}

/** Whether a call was refused: at once, or once somebody was asked. */
export function isBlocked({ result, execution }: DecisionRecord): boolean {
  return result === 'blocked' || execution?.status === 'blocked'
}

/** Who refused it. */
function blockedBy({ result, findings, failMode, evaluator }: DecisionRecord): string {
  if (result === 'requires_approval') return 'approval'
  if (result === 'allowed') return 'changed-input'
  const denied = findings.find(({ effect }) => effect === 'deny')
  if (denied !== undefined) return denied.rule
  return failMode === undefined ? evaluator : 'fail-mode'
}

function eventOf(record: DecisionRecord): MemoryEvent {
  const { id, at, tool, actor, domain, result, execution, recommendation, riskScore } = record
  return {
    decisionId: id,
    at,
    tool,
    actor,
    result,
    ...present({ domain, status: execution?.status, recommendation, riskScore }),
  }
}
