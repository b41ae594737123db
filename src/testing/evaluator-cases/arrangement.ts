import type { Effect, EnforcementMode } from 'countersign'
import type { EvaluatorCase } from './case.js'

/** What a service that decides for itself is set up with, so that it answers to what a case's answer comes to. */
export interface Arrangement {
  /** Its mode. */
  readonly mode: EnforcementMode
  /** What its rules say of every call; a `deny` must hold in each mode. */
  readonly effect: Effect
}

type Words = Readonly<Record<string, Effect | undefined>>

const VERDICTS: Words = { allowed: 'allow', requires_approval: 'require_approval', blocked: 'deny' }
const ADVICE: Words = { proceed: 'allow', review_recommended: 'require_approval', do_not_proceed: 'deny' }
/** Fields that a service states besides, and that say no more than these. */
const BESIDES = new Set(['enforcement_mode', 'enforced_verdict', 'recommendation', 'allowed', 'result'])

/**
 * How a service is set up that is not told what to answer, for a case of {@link testEvaluator}. Nothing where no service
 * ever answers like that: what is malformed, what older services said, and what depends on a field of its own.
 */
export function arrangementFor({ answer, mode, trouble, expect }: EvaluatorCase): Arrangement | undefined {
  if (expect.failed === true && trouble === undefined) return undefined
  if (expect.recorded !== undefined || expect.service !== undefined) return undefined
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return undefined
  const fields = answer as Readonly<Record<string, unknown>>
  if (!Object.entries(fields).every(([name, value]) => isPlain(name, value))) return undefined
  const stated = (fields['enforcement_mode'] ?? mode) as EnforcementMode
  const [words, said] = stated === 'enforced' ? [VERDICTS, 'enforced_verdict'] : [ADVICE, 'recommendation']
  const word = fields[said]
  const effect = typeof word === 'string' && Object.hasOwn(words, word) ? words[word] : undefined
  return effect && { mode: stated, effect }
}

/** A service asks a person or does not: that nobody is asked is said by its advice already. */
function isPlain(name: string, value: unknown): boolean {
  return BESIDES.has(name) || value === false || value === null
}
