// What predictions are worth. Ties are worth half, whatever order they are in.

/** Predictions with what came of them. */
export interface Scored {
  readonly risk: readonly number[]
  readonly bad: readonly boolean[]
}

const byRisk = ({ risk }: Scored, sign: 1 | -1): number[] =>
  Array.from(risk.keys()).toSorted((a, b) => sign * ((risk[a] ?? 0) - (risk[b] ?? 0)) || a - b)

/** Share of bad calls. */
export function baseRate({ bad }: Scored): number {
  return bad.filter(Boolean).length / bad.length
}

/** Probability that a bad call has a higher risk than a good one (Mann–Whitney). */
export function auroc(scored: Scored): number {
  const order = byRisk(scored, 1)
  let ranks = 0
  for (let start = 0; start < order.length;) {
    let end = start
    while (end < order.length && scored.risk[order[end] ?? 0] === scored.risk[order[start] ?? 0]) end++
    for (let at = start; at < end; at++) if (scored.bad[order[at] ?? 0]) ranks += (start + end + 1) / 2
    start = end
  }
  const bad = scored.bad.filter(Boolean).length
  return (ranks - (bad * (bad + 1)) / 2) / (bad * (scored.bad.length - bad))
}

/** Average precision, riskiest first. */
export function auprc(scored: Scored): number {
  const order = byRisk(scored, -1)
  const total = scored.bad.filter(Boolean).length
  let found = 0
  let area = 0
  for (let start = 0; start < order.length;) {
    let end = start
    let here = 0
    while (end < order.length && scored.risk[order[end] ?? 0] === scored.risk[order[start] ?? 0]) {
      if (scored.bad[order[end] ?? 0]) here++
      end++
    }
    found += here
    area += ((here / total) * found) / end
    start = end
  }
  return area
}

/** Mean squared error of the probabilities. */
export function brier({ risk, bad }: Scored): number {
  return risk.reduce((sum, p, index) => sum + (p - (bad[index] ? 1 : 0)) ** 2, 0) / risk.length
}

/** Brier skill score against the base rate of what is scored: 0 is as good as knowing the base rate beforehand. */
export function skill(scored: Scored): number {
  const base = baseRate(scored)
  return 1 - brier(scored) / (base * (1 - base))
}

/** Expected calibration error over 15 bins of equal mass. */
export function calibrationError(scored: Scored, bins = 15): number {
  const order = byRisk(scored, 1)
  let error = 0
  for (let bin = 0; bin < bins; bin++) {
    const part = order.slice(Math.round((bin * order.length) / bins), Math.round(((bin + 1) * order.length) / bins))
    const gap = part.reduce((sum, at) => sum + (scored.risk[at] ?? 0) - (scored.bad[at] ? 1 : 0), 0)
    error += Math.abs(gap) / order.length
  }
  return error
}

/** Largest share of calls that can be let through, lowest risk first, with at most `budget` of them bad. */
export function coverage(scored: Scored, budget: number): number {
  const order = byRisk(scored, 1)
  let bad = 0
  let most = 0
  for (let start = 0; start < order.length;) {
    let end = start
    while (end < order.length && scored.risk[order[end] ?? 0] === scored.risk[order[start] ?? 0]) {
      if (scored.bad[order[end] ?? 0]) bad++
      end++
    }
    if (bad <= budget * end) most = end
    start = end
  }
  return most / order.length
}

/** Share let through by the rule risk ≤ `limit`, and the share of bad ones among them. */
export function honestShare({ risk, bad }: Scored, limit: number): { readonly share: number; readonly bad: number } {
  const through = bad.filter((_, index) => (risk[index] ?? 0) <= limit)
  return {
    share: through.length / bad.length,
    bad: through.length === 0 ? 0 : through.filter(Boolean).length / through.length,
  }
}
