import { EvidenceUnder } from './bet.js'
import { AUTONOMY_DEFAULTS, type AutonomyOptions } from './options.js'

/** Risks up to which calls may be let through. */
const THRESHOLDS = [0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.25] as const
/** What is granted is proved for a somewhat lower error, so that chance does not carry it over the limit. */
const MARGIN = 0.8
interface Stratum {
  evidence: EvidenceUnder
  cases: number
  bad: number
}

/** What is known of the calls up to one threshold. */
export interface Standing {
  readonly cases: number
  readonly bad: number
}

/** Evidence, for each threshold, that fewer than `maxErrorRate` of the calls up to it are bad. */
export class Proof {
  /** Logarithm of the evidence that a threshold needs (Bonferroni). */
  readonly enough: number
  /** The error it is proved for. */
  readonly bound: number
  readonly #strata: readonly Stratum[]

  constructor({ maxErrorRate, confidence }: { readonly maxErrorRate: number; readonly confidence: number }) {
    this.enough = Math.log(THRESHOLDS.length / (1 - confidence))
    this.bound = maxErrorRate * MARGIN
    this.#strata = THRESHOLDS.map(() => ({ evidence: new EvidenceUnder(this.bound), cases: 0, bad: 0 }))
  }

  /** Index of the highest threshold that is proved; -1 where none is. */
  get highest(): number {
    return this.#strata.findLastIndex(({ evidence }) => evidence.log >= this.enough)
  }

  learn(risk: number, isBad: boolean): void {
    for (const [index, stratum] of this.#strata.entries()) {
      if (!(risk <= thresholdAt(index))) continue
      stratum.evidence.add(isBad)
      stratum.cases++
      if (isBad) stratum.bad++
    }
  }

  /** What a threshold stands on. */
  of(index: number): Standing {
    const { cases = 0, bad = 0 } = this.#strata[index] ?? {}
    return { cases, bad }
  }

  get state(): readonly ProofState[] {
    return this.#strata.map(({ evidence, cases, bad }) => [evidence.state, cases, bad])
  }

  set state(strata: readonly ProofState[]) {
    for (const [index, stratum] of this.#strata.entries()) {
      const [evidence = [], cases = 0, bad = 0] = strata[index] ?? []
      stratum.evidence.state = evidence
      stratum.cases = cases
      stratum.bad = bad
    }
  }
}

/**
 * Clean answers that a proof takes at the least: with fewer calls that are in order than this, nothing is ever let through at a limit,
 * however good the model is.
 */
export function answersNeeded(options: AutonomyOptions): number {
  const { enough, bound } = new Proof({ ...AUTONOMY_DEFAULTS, ...options })
  const evidence = new EvidenceUnder(bound)
  let answers = 0
  for (; evidence.log < enough; answers++) evidence.add(false)
  return answers
}

/** A threshold as plain data: evidence, cases, bad ones. */
export type ProofState = readonly [readonly number[], number, number]

/** A threshold; 0 where there is none of this index. */
export function thresholdAt(index: number): number {
  return THRESHOLDS[index] ?? 0
}
