import type { DecisionResult, EnforcementMode, Rule } from 'countersign'
import type { EvaluatorCase } from './case.js'

const ALLOWING = { recommendation: 'proceed', enforced_verdict: 'allowed' }
const BLOCKING = { recommendation: 'do_not_proceed', enforced_verdict: 'blocked' }

const ROWS: readonly (readonly [rule: Rule, mode: EnforcementMode, answer: object, result: DecisionResult])[] = [
  [{ id: 'own', effect: 'deny' }, 'enforced', ALLOWING, 'blocked'],
  [{ id: 'own', effect: 'deny' }, 'review', ALLOWING, 'blocked'],
  [{ id: 'own', effect: 'deny', hard: true }, 'advisory', ALLOWING, 'blocked'],
  [{ id: 'own', effect: 'require_approval' }, 'enforced', ALLOWING, 'requires_approval'],
  [{ id: 'own', effect: 'require_approval' }, 'review', ALLOWING, 'requires_approval'],
  [{ id: 'own', effect: 'require_approval' }, 'advisory', ALLOWING, 'allowed'],
  [{ id: 'own', effect: 'allow' }, 'enforced', ALLOWING, 'allowed'],
  [{ id: 'own', effect: 'allow' }, 'enforced', BLOCKING, 'blocked'],
  [{ id: 'own', effect: 'allow' }, 'review', BLOCKING, 'blocked'],
  [{ id: 'own', effect: 'allow' }, 'advisory', BLOCKING, 'blocked'],
  [{ id: 'own', effect: 'require_approval' }, 'enforced', BLOCKING, 'blocked'],
]

/** The governor's own rules can tighten an answer, and never loosen it. */
export const policyCases: readonly EvaluatorCase[] = [
  ...ROWS.map(([rule, mode, answer, result]) => ({
    title: `${JSON.stringify(answer)} is ${result} in ${mode} mode beside a rule that says ${rule.hard === true ? 'hard ' : ''}${rule.effect}`,
    mode,
    answer,
    policy: [rule],
    expect: { result },
  })),
  {
    title: 'an error beside a rule that denies is blocked, though the fail mode is open',
    mode: 'enforced',
    answer: ALLOWING,
    trouble: 'error',
    policy: [{ id: 'own', effect: 'deny' }],
    failMode: 'open',
    expect: { result: 'blocked' },
  },
  {
    title: 'an error beside a rule that holds is held, though the fail mode is open',
    mode: 'enforced',
    answer: ALLOWING,
    trouble: 'error',
    policy: [{ id: 'own', effect: 'require_approval' }],
    failMode: 'open',
    expect: { result: 'requires_approval', failed: true },
  },
]
