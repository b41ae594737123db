import { lowerBound, upperBound } from '../insight/binomial.js'
import type { AutonomyChange } from '../../types.js'
import { ChangeOver, EvidenceUnder } from './bet.js'

/** What may be let through unasked. */
export interface AutonomyOptions {
  /** Share of the calls let through that a person may have refused, at most. @defaultValue 0.01 */
  readonly maxErrorRate?: number
  /** Chance with which that holds. @defaultValue 0.95 */
  readonly confidence?: number
  /** Share of calls that a person is asked about all the same, so that the error is known. @defaultValue 0.05 */
  readonly auditRate?: number
}

/** Options with every default filled in. */
export type ResolvedAutonomy = Required<AutonomyOptions>

/** What holds where nothing is said. */
export const AUTONOMY_DEFAULTS: ResolvedAutonomy = { maxErrorRate: 0.01, confidence: 0.95, auditRate: 0.05 }

/** A call as the gate saw it, before its label was known. */
export interface Considered {
  readonly risk: number
  /** Whether chance had chosen it to be asked about all the same. */
  readonly audited: boolean
  /** Whether it was let through unasked. */
  readonly letThrough: boolean
}

/** How a class of calls stands. */
export interface AutonomyReport {
  readonly threshold: number
  /** Calls that a person was asked about, those chosen by chance included. */
  readonly asked: number
  /** Calls let through unasked. */
  readonly saved: number
  /** Of those asked about by chance, or heard of later, under the threshold: how many there are, and how many were bad. */
  readonly cases: number
  readonly bad: number
  /** Upper bound on the error among calls let through, at the confidence; 1 where none is. */
  readonly bound: number
  readonly revocations: number
  /** Whether a person has forbidden it. */
  readonly vetoed: boolean
}

/** Risks up to which calls may be let through. */
const THRESHOLDS = [0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.25] as const
/** What is granted is proved for a somewhat lower error, so that chance does not carry it over the limit. */
const MARGIN = 0.8
/** Calls asked about by chance, on average and at least, until one false alarm revokes what is in order. */
const FALSE_ALARM = 2000

interface Stratum {
  evidence: EvidenceUnder
  cases: number
  bad: number
}

/**
 * Lets calls of one class through unasked, as far as that was proved to be safe, and takes that back at once when it is no
 * longer. For each threshold, evidence is gathered that fewer than `maxErrorRate` of the calls up to it are bad; the highest one for
 * which it suffices is granted. As any of them might be granted wrongly, each has to be as many times surer as there are (Bonferroni; the
 * thresholds are few and fixed, as in Angelopoulos et al., Learn then Test, 2021).
 *
 * Evidence is only of calls that were chosen without regard to what is let through: all of them while nothing is, later
 * those that chance chooses. The model may be wrong in any way: the bound does not rest on it, only how much is let through does.
 */
export class AutonomyGate {
  readonly #options: ResolvedAutonomy
  #strata: readonly Stratum[]
  #change: ChangeOver
  /** Index of the highest threshold that is granted. */
  #granted = -1
  #asked = 0
  #saved = 0
  #revocations = 0
  /** Calls let through since it was granted, and how many of them somebody found to be bad. */
  #through = 0
  #heard = 0
  #vetoed = false

  constructor(options: AutonomyOptions = {}) {
    this.#options = { ...AUTONOMY_DEFAULTS, ...options }
    this.#strata = this.#begin()
    this.#change = new ChangeOver(this.#options.maxErrorRate)
  }

  /** Risk up to which calls go through; 0 where none does. */
  get threshold(): number {
    return this.#vetoed ? 0 : (THRESHOLDS[this.#granted] ?? 0)
  }

  /** Whether a call of this risk goes through unasked. @param audited whether chance has chosen it to be asked about */
  consider(risk: number, audited: boolean): Considered {
    const letThrough = !audited && risk <= this.threshold && this.threshold > 0
    return { risk, audited, letThrough }
  }

  /** A call was decided on. */
  count({ letThrough }: Considered): void {
    if (letThrough) {
      this.#saved++
      this.#through++
    } else this.#asked++
  }

  /** A person forbids it, or no longer does. What was proved stays proved. */
  veto(vetoed: boolean): AutonomyChange {
    this.#vetoed = vetoed
    return this.#told(vetoed ? 'vetoed' : 'restored')
  }

  /** How a call turned out; returns what that changes. */
  learn({ risk, audited, letThrough }: Considered, isBad: boolean): AutonomyChange | undefined {
    if (letThrough) return isBad ? this.#hear() : undefined
    const isFair = this.#granted < 0 || audited
    if (!isFair) return undefined
    const isUnder = risk <= this.threshold && this.#granted >= 0
    for (const [index, stratum] of this.#strata.entries()) {
      if (!(risk <= (THRESHOLDS[index] ?? 0))) continue
      stratum.evidence.add(isBad)
      stratum.cases++
      if (isBad) stratum.bad++
    }
    const revoked = isUnder ? this.#watch(isBad) : undefined
    return revoked ?? this.#grant()
  }

  report(): AutonomyReport {
    const { cases = 0, bad = 0 } = this.#strata[this.#granted] ?? {}
    const bound = this.#granted < 0 ? 1 : upperBound(bad, cases, this.#options.confidence)
    const { threshold } = this
    const counts = { asked: this.#asked, saved: this.#saved, revocations: this.#revocations }
    return { threshold, cases, bad, bound, ...counts, vetoed: this.#vetoed }
  }

  /** All it knows, as plain data. */
  export(): unknown {
    const strata = this.#strata.map(({ evidence, cases, bad }) => [evidence.state, cases, bad])
    const counts = [this.#granted, this.#asked, this.#saved, this.#revocations, this.#through, this.#heard]
    return [strata, this.#change.state, counts, this.#vetoed]
  }

  /** Takes up what {@link AutonomyGate.export} wrote. */
  import(state: unknown): void {
    const [strata, change, counts, vetoed] = state as [[number[], number, number][], number[], number[], boolean]
    for (const [index, stratum] of this.#strata.entries()) {
      const [evidence = [], cases = 0, bad = 0] = strata[index] ?? []
      stratum.evidence.state = evidence
      stratum.cases = cases
      stratum.bad = bad
    }
    this.#change.state = change
    const [granted = -1, asked = 0, saved = 0, revocations = 0, through = 0, heard = 0] = counts
    this.#granted = granted
    this.#asked = asked
    this.#saved = saved
    this.#revocations = revocations
    this.#through = through
    this.#heard = heard
    this.#vetoed = vetoed
  }

  #grant(): AutonomyChange | undefined {
    const enough = Math.log(THRESHOLDS.length / (1 - this.#options.confidence))
    const before = this.#granted
    const highest = this.#strata.findLastIndex(({ evidence }) => evidence.log >= enough)
    this.#granted = Math.max(before, highest)
    return this.#granted > before ? this.#told('granted') : undefined
  }

  #watch(isBad: boolean): AutonomyChange | undefined {
    this.#change.add(isBad)
    return this.#change.value < FALSE_ALARM ? undefined : this.#revoke()
  }

  /** What is heard of calls that went through may be any part of what was wrong with them: enough of it is too much. */
  #hear(): AutonomyChange | undefined {
    this.#heard++
    const { maxErrorRate, confidence } = this.#options
    const isTooMuch = this.#granted >= 0 && lowerBound(this.#heard, this.#through, confidence) > maxErrorRate
    return isTooMuch ? this.#revoke() : undefined
  }

  /** What was proved is not proved any more: everything begins anew. */
  #revoke(): AutonomyChange {
    const told = this.#told('revoked')
    this.#strata = this.#begin()
    this.#change = new ChangeOver(this.#options.maxErrorRate)
    this.#granted = -1
    this.#through = 0
    this.#heard = 0
    this.#revocations++
    return { ...told, threshold: 0 }
  }

  #told(kind: AutonomyChange['kind']): AutonomyChange {
    const { threshold, cases, bad, bound } = this.report()
    return { kind, threshold, cases, bad, bound }
  }

  #begin(): readonly Stratum[] {
    const { maxErrorRate } = this.#options
    return THRESHOLDS.map(() => ({ evidence: new EvidenceUnder(maxErrorRate * MARGIN), cases: 0, bad: 0 }))
  }
}
