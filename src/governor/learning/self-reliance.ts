import type { Verdict } from '../../enforce/conclude.js'
import type { Policy } from '../../evaluate/policy.js'
import type { ResolvedAutonomy } from '../../learn/autonomy/options.js'
import type { Pupil } from '../../learn/pupil.js'
import type { Finding, Learned } from '../../types.js'

/**
 * Whether it is only rules with `autonomy` that ask about a call. A deny, a limit that is reached, the tool's own question, a
 * service's doubt and a failure are floors: what was learnt never lifts them.
 */
export function liftableOf(policy: Policy, verdict: Verdict): string | undefined {
  const { result, findings, evaluator, failure } = verdict
  if (result !== 'requires_approval' || evaluator !== 'local' || failure !== undefined) return undefined
  const asking = findings.filter(({ effect }) => effect !== 'allow')
  if (asking.length === 0 || !asking.every(({ rule }) => policy.grantsAutonomy(rule))) return undefined
  return asking
    .map(({ rule }) => rule)
    .toSorted((a, b) => (a < b ? -1 : 1))
    .join('+')
}

/** The verdict, let through unasked where that is proved to be safe; and what is to be remembered of it. */
export function relyOnSelf(
  verdict: Verdict,
  of: string,
  { pupil, learned, isChosen, options }: SelfReliance,
): { readonly verdict: Verdict; readonly autonomy: NonNullable<Learned['autonomy']> } {
  const gate = pupil.gate(of)
  const { risk: _, ...considered } = gate.consider(learned.risk, isChosen)
  const { letThrough } = considered
  const autonomy = { of, ...considered }
  if (!letThrough) return { verdict, autonomy }
  const { cases, bad, bound } = gate.report()
  const reason = `not asked: of ${cases} calls as safe, people refused ${bad}, so at most ${percent(bound)} with ${percent(options.confidence)} confidence`
  const finding: Finding = { rule: `autonomy:${of}`, effect: 'allow', reason }
  return { verdict: { ...verdict, findings: [...verdict.findings, finding], result: 'allowed', reason }, autonomy }
}

/** What relying on what was learnt needs. */
export interface SelfReliance {
  readonly pupil: Pupil
  readonly learned: Learned
  /** Whether chance has chosen this call to be asked about. */
  readonly isChosen: boolean
  readonly options: ResolvedAutonomy
}

function percent(share: number): string {
  return `${Math.round(share * 10_000) / 100} %`
}
