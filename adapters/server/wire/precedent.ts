import { wilson } from '../../../src/learn/insight/intervals.js'
import type { Case } from '../knowledge/case.js'
import type { Similar } from '../knowledge/similar.js'
import type { Service } from '../service.js'
import { timeOf } from './time.js'

/** Fewer say too little for a rate to mean much. */
const FEW = 5
const NOT_LEARNING = 'Learning is not switched on: give the server the option `learning`'

/** Why there are no precedents, where there cannot be any; null where there can. */
export function whyNone({ learns }: Pick<Service, 'learns'>): string | null {
  return learns ? null : NOT_LEARNING
}

/** Precedents, what they say together, and why there are none where there cannot be any. */
export function writePrecedents(service: Pick<Service, 'learns'>, found: readonly Similar[]) {
  return {
    precedents: found.map(writePrecedent),
    total: found.length,
    total_precedents: found.length,
    outcomes: outcomesOf(found),
    signals: writeSignals(found),
    learning_enabled: service.learns,
    reason: whyNone(service),
  }
}

/** How many precedents came to what, by the status that was reported of them last. */
function outcomesOf(found: readonly Similar[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>()
  for (const { known } of found) {
    const status = known?.outcomes.at(-1)?.status
    if (status !== undefined) counts.set(status, (counts.get(status) ?? 0) + 1)
  }
  return Object.fromEntries(counts)
}

/** One precedent. `shared` says what the two calls have in common, and how much of the similarity that makes. */
export function writePrecedent({ id, similarity, isBad, reasons, known }: Similar) {
  return {
    case_id: id,
    request_id: id,
    similarity,
    is_bad: isBad,
    shared: reasons.map(({ of, share }) => ({ feature: of, share })),
    ...(known === undefined ? FORGOTTEN : writeKnown(known)),
  }
}

function writeKnown({ tool, action, domain, actor, value, target, verdict, riskScore, outcomes, at }: Case) {
  return {
    tool,
    action,
    domain: domain ?? null,
    actor: actor ?? null,
    value: value ?? null,
    target: target ?? null,
    verdict,
    risk_score: riskScore ?? null,
    outcome_status: outcomes.at(-1)?.status ?? null,
    decided_at: timeOf(at),
  }
}

/** The decision is not stored any more. */
const FORGOTTEN: Readonly<Record<keyof ReturnType<typeof writeKnown>, null>> = {
  tool: null,
  action: null,
  domain: null,
  actor: null,
  value: null,
  target: null,
  verdict: null,
  risk_score: null,
  outcome_status: null,
  decided_at: null,
}

/**
 * What precedents say together. `negative_rate`: those that a person refused or the world punished, of all;
 * `success_rate` the others; both null where there are none. `negative_interval`: where the true rate lies, at 95 %
 * (Wilson). `with_outcomes`: those of which an outcome was reported, rather than a person's answer alone.
 */
export function writeSignals(found: readonly Similar[]) {
  const n = found.length
  const bad = found.filter(({ isBad }) => isBad).length
  return {
    total_precedents: n,
    with_outcomes: found.filter(({ known }) => (known?.outcomes.length ?? 0) > 0).length,
    negative: bad,
    success_rate: n === 0 ? null : (n - bad) / n,
    negative_rate: n === 0 ? null : bad / n,
    negative_interval: n === 0 ? null : wilson({ count: bad, n }),
    mean_similarity: n === 0 ? null : found.reduce((sum, { similarity }) => sum + similarity, 0) / n,
    warnings: [
      ...(n > 0 && n < FEW ? [`only ${n} similar ${n === 1 ? 'call was' : 'calls were'} decided`] : []),
      ...(bad > 0 ? [`${bad} of ${n} similar calls were refused or regretted`] : []),
    ],
  }
}
