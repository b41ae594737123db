import { type EvaluatorCase, MODES } from './case.js'

/** What every mode would let through. */
const ALLOWING = { recommendation: 'proceed', enforced_verdict: 'allowed', allowed: true, result: 'allowed' }

/** Answers that cannot be used: what a verdict hangs on is missing its shape, or says a word nobody knows. */
const UNUSABLE: readonly unknown[] = [
  null,
  true,
  5,
  'allowed',
  [],
  [ALLOWING],
  { ...ALLOWING, enforcement_mode: 5 },
  { ...ALLOWING, enforcement_mode: ['advisory'] },
  { ...ALLOWING, enforcement_mode: 'strict' },
  { ...ALLOWING, enforcement_mode: 'ADVISORY' },
  { ...ALLOWING, enforcement_mode: '' },
  { ...ALLOWING, enforcement_mode: 'constructor' },
  { ...ALLOWING, recommendation: 5 },
  { ...ALLOWING, recommendation: ['proceed'] },
  { ...ALLOWING, recommendation: { toString: 'proceed' } },
  { ...ALLOWING, enforced_verdict: true },
  { ...ALLOWING, enforced_verdict: { allowed: true } },
]

/** Words that only the advisory mode refuses: the others have a rule for them. */
const UNKNOWN_ADVICE: readonly unknown[] = ['sure', 'PROCEED', ' proceed', '', 'toString', '__proto__'].map(
  recommendation => Object.assign({}, ALLOWING, { recommendation }),
)

/** A case for each fail mode. */
function failing(title: string, fields: Omit<EvaluatorCase, 'title' | 'expect'>): readonly EvaluatorCase[] {
  // Of what never came, nothing can be kept.
  const kept = fields.trouble === undefined ? {} : { service: null }
  return [
    { title: `${title} is blocked`, ...fields, expect: { result: 'blocked', failed: true, ...kept } },
    {
      title: `${title} is what an open fail mode says`,
      ...fields,
      failMode: 'open',
      expect: { result: 'allowed', failed: true, ...kept },
    },
  ]
}

/** What is no answer is the fail mode, whatever it would have said. */
export const failureCases: readonly EvaluatorCase[] = [
  UNUSABLE.flatMap(answer =>
    MODES.flatMap(mode => failing(`${JSON.stringify(answer)}, which is no answer in ${mode} mode,`, { mode, answer })),
  ),
  UNKNOWN_ADVICE.flatMap(answer =>
    failing(`${JSON.stringify(answer)}, which nobody can read in advisory mode,`, { mode: 'advisory', answer }),
  ),
  MODES.flatMap(mode =>
    failing(`an answer that is late in ${mode} mode`, { mode, answer: ALLOWING, trouble: 'late' as const }),
  ),
  MODES.flatMap(mode => failing(`an error in ${mode} mode`, { mode, answer: ALLOWING, trouble: 'error' as const })),
].flat()

/** An open fail mode is for what cannot be read: an answer that says something stays what it is. */
export const openCases: readonly EvaluatorCase[] = (
  [
    ['enforced', { enforced_verdict: 'sure' }, 'blocked'],
    ['enforced', { recommendation: 'proceed' }, 'blocked'],
    ['enforced', { enforced_verdict: 'blocked' }, 'blocked'],
    ['review', { recommendation: 'sure' }, 'requires_approval'],
    ['advisory', { recommendation: 'do_not_proceed' }, 'blocked'],
    ['enforced', { allowed: 'true' }, 'blocked'],
    ['enforced', {}, 'blocked'],
  ] as const
).map(([mode, answer, result]) => ({
  title: `${JSON.stringify(answer)} is ${result} in ${mode} mode, though the fail mode is open`,
  mode,
  answer,
  failMode: 'open',
  expect: { result },
}))
