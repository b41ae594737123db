import { type Interval, shareDifference, type Share, wilson } from '../../../src/learn/insight/intervals.js'
import { isBlocked } from '../../../src/learn/insight/context.js'
import { Groups } from '../../../src/learn/insight/groups.js'
import type { Service } from '../service.js'
import type { Past } from '../past/past.js'
import { pastOf } from './decided.js'

/** What a pattern is of: calls that were refused, of all; whose tool threw, of those that ran; that turned out bad, of those with a label. */
export const PATTERN_TYPES = ['refusal_rate', 'failure_rate', 'bad_rate'] as const
/** One of {@link PATTERN_TYPES}. */
export type PatternType = (typeof PATTERN_TYPES)[number]

/** From the least to the most. */
export const SEVERITIES = ['info', 'low', 'medium', 'high'] as const
/** How much a group is worse than the rest, at least: `high` 0.3, `medium` 0.1; `info` where it is better. */
type Severity = (typeof SEVERITIES)[number]

/** Which calls are looked at. */
export interface PatternFilter {
  readonly tool?: string | undefined
  readonly domain?: string | undefined
  readonly actor?: string | undefined
  readonly action?: string | undefined
}

/** How often something was so in a group of calls, and where the true rate lies, at 95 % (Wilson); without either where there is nothing to count. */
export interface Rate {
  readonly count: number
  readonly n: number
  readonly rate: number | null
  readonly interval: Interval | null
}

/** Calls of one tool by one actor in one domain that differ from all others. */
export interface Pattern {
  readonly type: PatternType
  readonly tool: string
  readonly domain: string | null
  readonly actor: string
  readonly direction: 'higher' | 'lower'
  readonly severity: Severity
  readonly group: Rate
  /** All other calls. */
  readonly rest: Rate
  /** Rate of the group less that of the rest, at 95 % (Newcombe): it does not hold 0. */
  readonly difference: Interval
}

/** Patterns, and what they were found in. */
export interface Patterns {
  readonly patterns: readonly Pattern[]
  /** Calls that were looked at. */
  readonly calls: number
  /** Groups that were held against the rest, over all types. One in twenty of what is the same is found to differ. */
  readonly compared: number
}

/** Fewer, and the intervals are no use. */
const LEAST = 5

/** Counts of calls. */
export class CallTally {
  calls = 0
  refused = 0
  ran = 0
  failed = 0
  labelled = 0
  bad = 0

  add({ record, label }: Past): void {
    const { execution } = record
    this.calls++
    if (isBlocked(record)) this.refused++
    if (execution?.status === 'executed' || execution?.status === 'tool_error') this.ran++
    if (execution?.status === 'tool_error') this.failed++
    if (label !== undefined) this.labelled++
    if (label?.kind === 'bad') this.bad++
  }

  /** What a type counts, of what. */
  share(type: PatternType): Share {
    if (type === 'refusal_rate') return { count: this.refused, n: this.calls }
    return type === 'failure_rate' ? { count: this.failed, n: this.ran } : { count: this.bad, n: this.labelled }
  }
}

/** Groups of calls (tool × domain × actor) whose rates differ from the rest, the most severe first. Dry runs are no calls. */
export async function findPatterns(service: Service, filter: PatternFilter = {}): Promise<Patterns> {
  const all = new CallTally()
  const groups = new Groups(() => new CallTally())
  for await (const decided of callsOf(service)) {
    const { tool, domain = null, actor } = decided.record
    all.add(decided)
    groups.of(JSON.stringify([tool, domain, actor])).add(decided)
  }
  const patterns: Pattern[] = []
  let compared = 0
  for (const [key, tally] of groups.entries()) {
    const [tool, domain, actor] = JSON.parse(key) as [string, string | null, string]
    if ((filter.tool ?? tool) !== tool || (filter.domain ?? domain) !== domain) continue
    for (const type of PATTERN_TYPES) {
      const group = tally.share(type)
      const whole = all.share(type)
      const rest = { count: whole.count - group.count, n: whole.n - group.n }
      if (group.n < LEAST || rest.n < LEAST) continue
      compared++
      const found = differ(group, rest)
      if (found !== undefined) patterns.push({ type, tool, domain, actor, ...found })
    }
  }
  return { patterns: patterns.toSorted(bySeverity), calls: all.calls, compared }
}

/** The calls that a filter lets through, newest first. */
export async function* callsOf(service: Service, filter: PatternFilter = {}): AsyncGenerator<Past, void, undefined> {
  const { tool, domain, actor, action } = filter
  for await (const decided of pastOf(service, { tool, actor })) {
    const { record } = decided
    if ((domain ?? record.domain) === record.domain && (action ?? record.action) === record.action) yield decided
  }
}

/** A share with where the true one lies. */
export function rateOf({ count, n }: Share): Rate {
  return { count, n, rate: n === 0 ? null : count / n, interval: n === 0 ? null : wilson({ count, n }) }
}

function differ(group: Share, rest: Share): Omit<Pattern, 'type' | 'tool' | 'domain' | 'actor'> | undefined {
  const difference = shareDifference(group, rest)
  if (difference.low <= 0 && difference.high >= 0) return undefined
  const direction = difference.low > 0 ? 'higher' : 'lower'
  const severity = direction === 'lower' ? 'info' : severityOf(difference.low)
  return { direction, severity, group: rateOf(group), rest: rateOf(rest), difference }
}

function severityOf(least: number): Severity {
  if (least >= 0.3) return 'high'
  return least >= 0.1 ? 'medium' : 'low'
}

function bySeverity(a: Pattern, b: Pattern): number {
  const order = SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity)
  return order === 0 ? b.difference.low - a.difference.low : order
}
