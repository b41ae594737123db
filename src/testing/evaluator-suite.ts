import type { EvaluatorCase } from './evaluator-cases/case.js'
import { checkEvaluator } from './evaluator-cases/check.js'
import { failureCases, openCases } from './evaluator-cases/failures.js'
import { fieldCases } from './evaluator-cases/fields.js'
import { modeCases } from './evaluator-cases/modes.js'
import { policyCases } from './evaluator-cases/policy.js'
import type { EvaluatorSubject } from './evaluator-cases/subject.js'

/** Registers a case: `it` of vitest or jest, `test` of `node:test`. */
export interface TestFunction {
  (title: string, run: () => Promise<void>): unknown
  readonly skip?: (title: string, run: () => Promise<void>) => unknown
}

/** Options of {@link testEvaluator}. */
export interface TestEvaluatorOptions {
  /** Goes before the title of every case. */
  readonly name: string
  readonly test: TestFunction
  /** Called once for every case, when it is registered. */
  readonly create: (evaluatorCase: EvaluatorCase) => EvaluatorSubject
  /** Adds the cases about what a decision keeps of the answer of a service. @defaultValue false */
  readonly remote?: boolean
}

const CASES: readonly EvaluatorCase[] = [modeCases, failureCases, openCases, fieldCases, policyCases].flat()
const NOT_REMOTE = 'only a service answers on a wire'

/**
 * What every evaluator must do, as cases for any test runner. Each is run through a real governor: its answer comes to
 * what the table of modes says, a tool runs exactly where the call is allowed, and never twice.
 */
export function testEvaluator({ name, test, create, remote = false }: TestEvaluatorOptions): void {
  for (const evaluatorCase of CASES) {
    const { title, remoteOnly } = evaluatorCase
    const subject = remoteOnly === true && !remote ? { skip: NOT_REMOTE } : create(evaluatorCase)
    if ('skip' in subject) {
      const skip = test.skip ?? test
      skip(`${name}: ${title} (skipped: ${subject.skip})`, () => Promise.resolve())
      continue
    }
    test(`${name}: ${title}`, () => checkEvaluator(evaluatorCase, subject, remote))
  }
}
