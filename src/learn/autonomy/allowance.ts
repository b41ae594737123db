import type { ResolvedAutonomy } from './options.js'

/** Share of the bad ones that the limit leaves to the calls let through which may be used up; the rest is for what nobody can tell. */
const USABLE = 0.6
/** The same of all calls as safe, asked about or not: as long as few have gone through. */
const USABLE_EARLY = 0.3
/** A bad call counts so many times what it stands for: chance may have been kind. */
const CAUTION = 1.5
/** An answer that has not come while so many calls were decided on is not waited for any more. */
const PATIENCE = 1000

/** An audit that nobody has answered yet. */
type Awaited = readonly [standsFor: number, decided: number]

/** All that an {@link Allowance} knows, as plain data. */
export type AllowanceState = readonly [
  under: number,
  passed: number,
  found: number,
  decided: number,
  awaited: readonly Awaited[],
]

/**
 * How many more bad calls may go through, and with which chance calls have to be asked about so that they are found out before that.
 *
 * The coin that chooses what is asked about knows nothing of the call. So a bad call that it chose with chance a stands for (1 − a) / a
 * that it passed over (Horvitz and Thompson 1952): without any assumption about the world, and just as well while it changes.
 * What these come to, and half as much again, is taken from what may go through; answers that are awaited are taken for bad ones. Of
 * as many bad calls as are left then, chance is to choose one with the confidence that is asked for.
 */
export class Allowance {
  readonly #options: ResolvedAutonomy
  /** Bad calls that chance has to choose on average, so that it chooses one with the confidence. */
  readonly #toChoose: number
  /** Calls that were as safe as those let through, asked about or not. */
  #under = 0
  /** Those of them that went through. */
  #passed = 0
  /** Bad calls that went through, as far as one can tell. */
  #found = 0
  #decided = 0
  #awaited: Awaited[] = []

  constructor(options: ResolvedAutonomy) {
    this.#options = options
    this.#toChoose = -Math.log(1 - options.confidence)
  }

  /** Bad calls that may still go through. */
  get left(): number {
    const awaited = this.#awaited.reduce((sum, [standsFor]) => sum + standsFor, 0)
    return Math.max(0, this.#usable - CAUTION * (this.#found + awaited))
  }

  /** Chance with which the next call is to be asked about all the same: the audit rate, and more while little may go through. */
  get auditRate(): number {
    return Math.max(this.#options.auditRate, this.#toChoose / (this.#toChoose + this.left))
  }

  /** Calls begin to go through. @param asked calls as safe, of which all were asked about until now */
  begin(asked: number): void {
    this.#under += asked
  }

  /** A call as safe as those let through was decided on. @param auditWeight of one that chance chose, one over the chance */
  count(auditWeight: number | undefined): void {
    this.#under++
    if (auditWeight === undefined) this.#passed++
    this.#decided++
    const [oldest] = this.#awaited
    if (oldest !== undefined && oldest[1] < this.#decided - PATIENCE) this.#awaited.shift()
    if (auditWeight !== undefined && auditWeight > 1) this.#awaited.push([auditWeight - 1, this.#decided])
  }

  /** What was answered about a call that chance had chosen. */
  answer(auditWeight: number, isBad: boolean): void {
    const standsFor = auditWeight - 1
    const index = this.#awaited.findIndex(([waiting]) => waiting === standsFor)
    if (index !== -1) this.#awaited.splice(index, 1)
    if (isBad) this.#found += standsFor
  }

  /** Everything begins anew, but for what went through in excess. */
  renew(): void {
    this.#found = Math.max(0, this.#found - this.#usable / CAUTION)
    this.#under = 0
    this.#passed = 0
  }

  get state(): AllowanceState {
    return [this.#under, this.#passed, this.#found, this.#decided, [...this.#awaited]]
  }

  set state([under, passed, found, decided, awaited]: AllowanceState) {
    this.#under = under
    this.#passed = passed
    this.#found = found
    this.#decided = decided
    this.#awaited = [...awaited]
  }

  /** Bad calls that may go through in all. */
  get #usable(): number {
    return this.#options.maxErrorRate * Math.max(USABLE * this.#passed, USABLE_EARLY * this.#under)
  }
}
