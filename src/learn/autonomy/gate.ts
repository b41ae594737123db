import { lowerBound, upperBound } from '../insight/binomial.js'
import type { AutonomyChange } from '../../types.js'
import { Allowance, type AllowanceState } from './allowance.js'
import { ChangeOver } from './bet.js'
import { AUTONOMY_DEFAULTS, type AutonomyOptions, type ResolvedAutonomy } from './options.js'
import { Proof, thresholdAt, type ProofState } from './proof.js'

/** A call as the gate saw it, before its label was known. */
export interface Considered {
  readonly risk: number
  /** Whether chance had chosen it to be asked about all the same. */
  readonly audited: boolean
  /** Whether it was let through unasked. */
  readonly letThrough: boolean
  /** Of one that would have gone through, had chance not chosen it: one over the chance with which it did. */
  readonly auditWeight?: number
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

/**
 * Share of the calls let through that false alarms may cost at most, while the error is just at the limit: each one costs a new proof.
 * The fewer calls chance chooses, the sooner an alarm must come: each of them speaks for all those that nobody looks at.
 */
const ALARM_COST = 0.1

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
  readonly #allowance: Allowance
  #proof: Proof
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
    this.#allowance = new Allowance(this.#options)
    this.#proof = new Proof(this.#options)
    this.#change = new ChangeOver(this.#options.maxErrorRate)
  }

  /** Risk up to which calls go through; 0 where none does. */
  get threshold(): number {
    return this.#vetoed ? 0 : thresholdAt(this.#granted)
  }

  /**
   * Chance with which the next call is to be asked about all the same: `auditRate`, and more while few calls have gone through, and
   * as soon as some of those asked about turn out bad ({@link Allowance}). So a world that turns bad is found out about before it has
   * cost more than is allowed.
   */
  get auditRate(): number {
    return this.#allowance.auditRate
  }

  /** Whether a call of this risk goes through unasked. @param audited whether chance has chosen it to be asked about */
  consider(risk: number, audited: boolean): Considered {
    const isUnder = this.#isUnder(risk)
    const weight = isUnder && audited ? { auditWeight: 1 / this.auditRate } : {}
    return { risk, audited, letThrough: isUnder && !audited, ...weight }
  }

  /** A call was decided on. */
  count({ risk, audited, letThrough, auditWeight }: Considered): void {
    if (letThrough || (audited && this.#isUnder(risk))) this.#allowance.count(audited ? (auditWeight ?? 1) : undefined)
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
  learn({ risk, audited, letThrough, auditWeight }: Considered, isBad: boolean): AutonomyChange | undefined {
    if (letThrough) return isBad ? this.#hear() : undefined
    if (auditWeight !== undefined) this.#allowance.answer(auditWeight, isBad)
    const isFair = this.#granted < 0 || audited
    if (!isFair) return undefined
    const isUnder = this.#isUnder(risk)
    this.#proof.learn(risk, isBad)
    const revoked = isUnder ? this.#watch(isBad) : undefined
    return revoked ?? this.#grant()
  }

  /** How the class stands now. */
  report(): AutonomyReport {
    const { cases, bad } = this.#proof.of(this.#granted)
    const bound = this.#granted < 0 ? 1 : upperBound(bad, cases, this.#options.confidence)
    const { threshold } = this
    const counts = { asked: this.#asked, saved: this.#saved, revocations: this.#revocations }
    return { threshold, cases, bad, bound, ...counts, vetoed: this.#vetoed }
  }

  /** All it knows, as plain data. */
  export(): unknown {
    const counts = [this.#granted, this.#asked, this.#saved, this.#revocations, this.#through, this.#heard]
    return [this.#proof.state, this.#change.state, counts, this.#vetoed, this.#allowance.state]
  }

  /** Takes up what {@link AutonomyGate.export} wrote. */
  import(state: unknown): void {
    type State = [ProofState[], number[], number[], boolean, AllowanceState?]
    const [strata, change, counts, vetoed, allowance = [0, 0, 0, 0, []]] = state as State
    this.#proof.state = strata
    this.#change.state = change
    const [granted = -1, asked = 0, saved = 0, revocations = 0, through = 0, heard = 0] = counts
    this.#granted = granted
    this.#asked = asked
    this.#saved = saved
    this.#revocations = revocations
    this.#through = through
    this.#heard = heard
    this.#vetoed = vetoed
    this.#allowance.state = allowance
  }

  #isUnder(risk: number): boolean {
    return risk <= this.threshold && this.threshold > 0
  }

  #grant(): AutonomyChange | undefined {
    const before = this.#granted
    this.#granted = Math.max(before, this.#proof.highest)
    if (before < 0 && this.#granted >= 0) this.#allowance.begin(this.#proof.of(this.#granted).cases)
    return this.#granted > before ? this.#told('granted') : undefined
  }

  #watch(isBad: boolean): AutonomyChange | undefined {
    this.#change.add(isBad)
    // Calls that a proof takes if none of them is bad, times the share of calls by which an alarm is looked for.
    const cases = (this.#proof.enough / this.#proof.bound) * this.#options.auditRate
    return this.#change.value < cases / ALARM_COST ? undefined : this.#revoke()
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
    this.#proof = new Proof(this.#options)
    this.#change = new ChangeOver(this.#options.maxErrorRate)
    this.#granted = -1
    this.#through = 0
    this.#heard = 0
    this.#allowance.renew()
    this.#revocations++
    return { ...told, threshold: 0 }
  }

  #told(kind: AutonomyChange['kind']): AutonomyChange {
    const { threshold, cases, bad, bound } = this.report()
    return { kind, threshold, cases, bad, bound }
  }
}
