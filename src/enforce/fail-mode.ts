import type { DecisionResult, EvaluationRequest, FailMode, Recommendation } from '../types.js'

/** What an evaluation that cannot be made means, for all tools or by what a tool may do. */
export type FailModeOption =
  | FailMode
  | {
      /** Tools annotated `readOnly`. @defaultValue `default` */
      readonly readOnly?: FailMode
      /** Tools annotated `destructive`. @defaultValue `default` */
      readonly destructive?: FailMode
      /** All others. @defaultValue `closed` */
      readonly default?: FailMode
      /** Single tools, by name: they go before what their kind says. */
      readonly tools?: Readonly<Record<string, FailMode>>
    }

/** The fail mode for a tool. `destructive` goes before `readOnly`: a tool that claims both is not harmless. */
export function failModeFor(
  option: FailModeOption,
  { tool, annotations }: Pick<EvaluationRequest, 'tool' | 'annotations'>,
): FailMode {
  if (typeof option === 'string') return option
  const own = option.tools !== undefined && Object.hasOwn(option.tools, tool) ? option.tools[tool] : undefined
  if (own !== undefined) return own
  const otherwise = option.default ?? 'closed'
  if (annotations.destructive === true) return option.destructive ?? otherwise
  if (annotations.readOnly === true) return option.readOnly ?? otherwise
  return otherwise
}

/** What a fail mode makes of a call. */
export interface FailDecision {
  readonly result: DecisionResult
  readonly recommendation: Recommendation
  readonly reason: string
}

/** The decision where no evaluation could be made. `why` must be safe to show to a model. */
export function failDecision(failMode: FailMode, why: string): FailDecision {
  return failMode === 'open'
    ? { result: 'allowed', recommendation: 'proceed', reason: `Evaluation bypassed (fail_open): ${why}` }
    : { result: 'blocked', recommendation: 'do_not_proceed', reason: `Evaluation failed (fail_closed): ${why}` }
}
