import type { Evaluator, Rule } from 'countersign'
import type { Awaitable } from '../../types.js'

/** An evaluator that runs, and what ends it. */
export interface StartedEvaluator {
  readonly evaluator: Evaluator
  readonly dispose?: () => unknown
}

/**
 * How a case is put to what is tested: an evaluator that is started for it, rules for the governor's own engine, or why
 * it cannot be. An evaluator that is to be late answers when `late` settles.
 */
export type EvaluatorSubject =
  | { readonly start: (late: Promise<void>) => Awaitable<StartedEvaluator> }
  | { readonly policy: readonly Rule[] }
  | { readonly skip: string }
