import { combine } from '../../evaluate/combine.js'
import type { Decision, DecisionResult, Learned } from '../../types.js'
import type { EvidenceStatus } from './explanation.js'

/** What a rationale is made of. */
export type Decided = Pick<Decision, 'findings' | 'result' | 'reason'> & { readonly learned?: Learned }

const RESULTS: Readonly<Record<DecisionResult, string>> = {
  allowed: 'Allowed',
  blocked: 'Blocked',
  requires_approval: 'Held for a person',
}
const STATUS = { high: 'sufficient', medium: 'limited', low: 'insufficient' } as const

/** How much is known of calls like one: see {@link EvidenceStatus}. */
export function evidenceStatusOf(learned: Learned | undefined): EvidenceStatus {
  return learned === undefined || casesFor(learned) === 0 ? 'none' : STATUS[learned.confidence]
}

/** Ids of the rules whose word it is. */
export function ruleBasisOf({ findings }: Pick<Decided, 'findings'>): readonly string[] {
  const effect = combine(findings)
  return findings.filter(finding => finding.effect === effect).map(({ rule }) => rule)
}

/** What the rules said, what was learnt, and what became of similar calls, in words. */
export function rationaleOf(decided: Decided, precedents: string | undefined): string {
  const basis = ruleBasisOf(decided)
  const rules = basis.length === 0 ? '' : ` (${basis.length === 1 ? 'rule' : 'rules'} ${basis.join(', ')})`
  const said = `${RESULTS[decided.result]}: ${decided.reason}${rules}.`
  return [said, learnedInWords(decided.learned), precedents && `${precedents}.`].filter(Boolean).join(' ')
}

function learnedInWords(learned: Learned | undefined): string {
  if (learned === undefined) return ''
  const cases = Math.round(casesFor(learned))
  if (cases === 0) return 'Nothing is known of calls like it.'
  const exactly = Math.round(learned.evidence.exact)
  const ofThese = exactly === 0 ? '' : `, ${exactly} of this very call`
  const risk = Math.round(learned.risk * 1000) / 10
  return `Risk ${risk} % with ${learned.confidence} confidence, from ${cases} answered ${cases === 1 ? 'call' : 'calls'}${ofThese}.`
}

/** Labelled cases that speak of a call: of exactly this one, of ones that differ in one value, else of its tool. */
function casesFor({ evidence: { exact, nearly, tool } }: Learned): number {
  return Math.max(exact + nearly, tool)
}
