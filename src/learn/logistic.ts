const LIMIT = 30

/** The probability of log odds; never exactly 0 or 1. */
export function probability(logOdds: number): number {
  return 1 / (1 + Math.exp(-Math.max(-LIMIT, Math.min(LIMIT, logOdds))))
}

/** The log odds of a probability, which is kept `margin` away from 0 and 1. */
export function logOdds(p: number, margin = 1e-6): number {
  const inside = Math.max(margin, Math.min(1 - margin, p))
  return Math.log(inside / (1 - inside))
}
