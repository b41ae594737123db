import type { Approval } from '../../../approval.js'
import { compilePath } from '../../../evaluate/condition.js'
import { placeIn } from '../../../evaluate/place.js'
import type { DecisionRecord, EvaluationRequest } from '../../../types.js'
import { isBlocked } from '../context.js'
import { Groups } from '../groups.js'
import { type Label, labelOf, type OutcomeMeanings } from '../label.js'
import { Observations } from '../observations.js'
import { lowerEndOf } from './bound.js'
import { isWritten } from './recut.js'
import { type Court, replay, requestOf } from './replay.js'

/** Decisions that a proposal names as examples. */
const EXAMPLES = 5

/** How often something was said of decisions of one kind, and how they turned out. */
export interface Turnout {
  count: number
  good: number
  bad: number
  /** Of the bad ones: what a person refused. */
  refused: number
  /** The newest. */
  readonly examples: string[]
}

/** What one tool did. */
export interface ToolTally {
  count: number
  ran: number
  held: number
  blocked: number
  readonly failed: Turnout
  /** Calls that ran and that nobody was asked about. */
  readonly unasked: Turnout
}

/** Calls of one tool that one rule alone holds today. */
export interface HeldGroup {
  readonly all: Turnout
  /** Those that have a number where the rule looks, or a value where it looks at none, by that number. */
  readonly numbered: Observations
  /** How many there are without one. */
  unnumbered: number
}

/** What tuning is worked out from. */
export class TuningEvidence {
  readonly tools = new Groups<ToolTally>(() => ({
    count: 0,
    ran: 0,
    held: 0,
    blocked: 0,
    failed: none(),
    unasked: none(),
  }))
  /** By the rule, and by the tool. */
  readonly held = byRuleAndTool((): HeldGroup => ({ all: none(), numbered: new Observations(), unnumbered: 0 }))
  /** Calls that one rule alone denied, likewise. */
  readonly denied = byRuleAndTool(none)
  readonly #court: Court
  readonly #meanings: OutcomeMeanings

  constructor(court: Court, meanings: OutcomeMeanings) {
    this.#court = court
    this.#meanings = meanings
  }

  add(record: DecisionRecord, approval: Approval | undefined): void {
    const label = labelOf(record, approval, this.#meanings)
    const tally = this.tools.of(record.tool)
    const ran = record.execution?.status === 'executed' || record.execution?.status === 'tool_error'
    tally.count++
    if (ran) tally.ran++
    if (record.execution?.status === 'tool_error') count(tally.failed, record, label)
    if (ran && record.result === 'allowed') count(tally.unasked, record, label)
    if (isBlocked(record)) tally.blocked++
    if (record.result === 'requires_approval') tally.held++
    if (record.result === 'blocked') this.#addDenied(record, label)
    if (isHeldByPolicy(record) && approval !== undefined) this.#addHeld(record, approval, label)
  }

  #addDenied(record: DecisionRecord, label: Label | undefined): void {
    const denying = record.findings.filter(({ effect }) => effect === 'deny')
    if (denying.length === 1 && denying[0] !== undefined)
      count(this.denied.of(denying[0].rule).of(record.tool), record, label)
  }

  /** Counts only what today's policy would hold too, so that a rule that has changed since is not judged by what it was. */
  #addHeld(record: DecisionRecord, approval: Approval, label: Label | undefined): void {
    const request = requestOf(record, approval, this.#court)
    const now = replay(this.#court, request)
    const [rule, another] = now?.rules ?? []
    if (now?.effect !== 'require_approval' || rule === undefined || another !== undefined) return
    const holding = record.findings.filter(({ effect }) => effect !== 'allow')
    if (holding.some(finding => finding.rule !== rule)) return
    const group = this.held.of(rule).of(record.tool)
    count(group.all, record, label)
    const number = this.#numberOf(rule, request)
    if (typeof number !== 'number' || !Number.isFinite(number)) group.unnumbered++
    else if (label !== undefined) group.numbered.add(number, label.kind === 'bad')
  }

  #numberOf(ruleId: string, request: EvaluationRequest): unknown {
    const rule = this.#court.policy.rules.find(({ id }) => id === ruleId)
    const end = isWritten(rule) ? lowerEndOf(rule) : undefined
    return end === undefined
      ? request.value
      : compilePath(
          end.path,
          placeIn(() => undefined),
        )(request)
  }
}

function byRuleAndTool<T>(make: () => T): Groups<Groups<T>> {
  return new Groups(() => new Groups(make))
}

/** Whether the policy's own rules held a call, and nobody else had a say. */
export function isHeldByPolicy({ result, evaluator, fallback, failMode }: DecisionRecord): boolean {
  const isOurs = evaluator === 'local' || fallback === 'local'
  return result === 'requires_approval' && isOurs && failMode === undefined
}

/** Nothing yet. */
function none(): Turnout {
  return { count: 0, good: 0, bad: 0, refused: 0, examples: [] }
}

/** Counts one decision. */
function count(turnout: Turnout, { id }: DecisionRecord, label: Label | undefined): void {
  turnout.count++
  if (turnout.examples.length < EXAMPLES) turnout.examples.push(id)
  if (label === undefined) return
  turnout[label.kind]++
  if (label.kind === 'bad' && label.source === 'resolution') turnout.refused++
}
