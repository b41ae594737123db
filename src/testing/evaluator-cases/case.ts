import type { Confidence, DecisionResult, EnforcementMode, FailMode, Recommendation, Rule } from 'countersign'

/** One thing every evaluator must do: an answer, and what a governor makes of it. */
export interface EvaluatorCase {
  readonly title: string
  /** Mode of the governor. */
  readonly mode: EnforcementMode
  /** What is answered, as services write it; whatever JSON can say. */
  readonly answer: unknown
  /** `late`: the answer comes when the governor has given up. `error`: there is none. */
  readonly trouble?: 'late' | 'error'
  /** The governor's own rules. @defaultValue none */
  readonly policy?: readonly Rule[]
  /** @defaultValue `closed` */
  readonly failMode?: FailMode
  /** Only a service has what this is about. */
  readonly remoteOnly?: true
  readonly expect: Expected
}

/** What the decision must say. */
export interface Expected {
  readonly result: DecisionResult
  /** The fail mode decided; it must not where this is absent. */
  readonly failed?: true
  /** The mode it was made in. @defaultValue the governor's */
  readonly mode?: EnforcementMode
  /** What is recorded besides; `null` for what must not be. */
  readonly recorded?: {
    readonly recommendation?: Recommendation | null
    readonly confidence?: Confidence | null
    readonly riskScore?: number | null
  }
  /** What the decision keeps of the service's answer; `null` where it must keep nothing. */
  readonly service?: {
    readonly requestId?: string | null
    /** Fields that must be kept as they came. */
    readonly raw?: Readonly<Record<string, unknown>>
  } | null
}

/** An answer and what it comes to, in the order of a table. */
export type Row = readonly [answer: unknown, result: DecisionResult]

/** Rows of one mode of the governor as cases. */
export function casesOf(
  mode: EnforcementMode,
  rows: readonly Row[],
  expected: Partial<Expected> = {},
): EvaluatorCase[] {
  return rows.map(([answer, result]) => ({
    title: `${JSON.stringify(answer)} is ${result} where the governor is in ${mode} mode`,
    mode,
    answer,
    expect: { result, ...expected },
  }))
}

/** Every mode there is. */
export const MODES: readonly EnforcementMode[] = ['enforced', 'review', 'advisory']
